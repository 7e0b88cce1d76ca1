//go:build !unix

package loop

import "net"

// LocalAddr gives nil.
func LocalAddr(int) net.Addr { return nil }

// RemoteAddr gives nil.
func RemoteAddr(int) net.Addr { return nil }
