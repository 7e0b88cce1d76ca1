//go:build !unix

package loop

import (
	"net"
	"net/netip"
)

// LocalAddr gives nil.
func LocalAddr(int) net.Addr { return nil }

// RemoteAddr gives nil.
func RemoteAddr(int) net.Addr { return nil }

// RemoteIP gives none.
func RemoteIP(int) (netip.Addr, bool) { return netip.Addr{}, false }
