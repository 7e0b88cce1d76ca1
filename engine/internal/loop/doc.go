// Package loop moves bytes: event loops over non-blocking sockets, with
// timers, write queues and lingering closes. It knows no WebSocket.
//
// One goroutine owns a [Loop] and all reading, timing and closing of its
// connections; it tells its user of them through [Events]. Sending is open to
// every goroutine: a [Conn]'s write side is guarded by its lock.
//
// All that a loop asks of the operating system goes through [System], so that
// the same loop runs in a simulator with virtual time and seeded faults.
package loop
