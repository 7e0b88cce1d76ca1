//go:build !linux

package loop

import "syscall"

// Balances tells that the system spreads connections over sockets that listen
// at the same address.
const Balances = false

// ControlListener leaves the socket as it is: connections do not inherit.
func ControlListener(bool) func(network, address string, c syscall.RawConn) error { return nil }
