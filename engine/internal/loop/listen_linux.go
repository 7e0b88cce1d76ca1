package loop

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Balances tells that the system spreads connections over sockets that listen
// at the same address.
const Balances = true

// ControlListener readies a listening socket: connections inherit that small
// writes are sent at once.
func ControlListener(reuse bool) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		ctlErr := c.Control(func(fd uintptr) {
			// Fails for Unix sockets, which have no delay.
			unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
			if reuse {
				err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
			}
		})
		if ctlErr != nil {
			return ctlErr
		}
		return err
	}
}
