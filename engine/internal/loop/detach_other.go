//go:build !unix

package loop

import "syscall"

// Detach fails.
func Detach(syscall.Conn) (int, error) { return -1, errUnsupported }
