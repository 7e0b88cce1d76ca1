package loop

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

var errMultipath = errors.New("this socket has no TCP_USER_TIMEOUT, as those of net.Listen, which speak Multipath TCP: use ListenAndServe, or a net.ListenConfig with SetMultipathTCP(false)")

// Set applies the settings to a socket.
func (t TCP) Set(fd int) error {
	if t == (TCP{}) || !inet(fd) {
		return nil
	}
	if t.UserTimeout > 0 {
		err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, t.unacknowledged())
		if err == unix.ENOPROTOOPT {
			return errMultipath
		}
		if err != nil {
			return os.NewSyscallError("setsockopt TCP_USER_TIMEOUT", err)
		}
	}
	if t.KeepAlive <= 0 {
		return nil
	}
	for _, o := range []struct{ level, name, value int }{
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, t.idle()},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, t.interval()},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, probes},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	} {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt keepalive", err)
		}
	}
	return nil
}

// inet tells that a socket is one of IPv4 or IPv6.
func inet(fd int) bool {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && (family == unix.AF_INET || family == unix.AF_INET6)
}
