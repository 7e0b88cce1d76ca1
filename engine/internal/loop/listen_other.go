//go:build !linux

package loop

import "syscall"

// Balances tells that the system spreads connections over sockets that listen
// at the same address.
const Balances = false

// ReusePort does nothing, as it would not balance.
func ReusePort(_, _ string, _ syscall.RawConn) error { return nil }
