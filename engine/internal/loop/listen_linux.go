package loop

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Balances tells that the system spreads connections over sockets that listen
// at the same address.
const Balances = true

// ReusePort lets other sockets listen at the same address: it is for
// [net.ListenConfig].
func ReusePort(_, _ string, c syscall.RawConn) error {
	var err error
	ctlErr := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	if ctlErr != nil {
		return ctlErr
	}
	return err
}
