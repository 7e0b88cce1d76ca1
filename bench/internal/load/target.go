package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"

	"golang.org/x/sys/unix"
)

// target is a server's address, and how to reach it.
type target struct {
	addr   *net.TCPAddr
	spread Spread
}

// resolve finds the address of a ws:// URL, once for all connections.
func resolve(rawURL string) (*target, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "ws" || u.Host == "" {
		return nil, fmt.Errorf("%q is no URL of the form ws://host:port/path", rawURL)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	addr, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	return &target{addr: addr, spread: SpreadSources}, nil
}

// dial opens connection i.
func (t *target) dial(ctx context.Context, i int) (net.Conn, error) {
	d := net.Dialer{KeepAlive: -1} // that would be four more system calls
	dest := *t.addr
	if t.addr.IP.IsLoopback() && t.addr.IP.To4() != nil {
		var from net.IP
		if from, dest.IP = t.spread.ends(i, t.addr.IP); from != nil {
			d.LocalAddr = &net.TCPAddr{IP: from}
			d.Control = bindWithoutPort
		}
	}
	return d.DialContext(ctx, "tcp", dest.String())
}

// bindWithoutPort leaves the port's choice to connect, which alone knows the
// pair of addresses, and so finds ports that bind would take for used.
func bindWithoutPort(_, _ string, c syscall.RawConn) (err error) {
	failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	return errors.Join(failed, err)
}
