package load

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"

	"golang.org/x/sys/unix"
)

// perSource is the number of connections from one source address: some less
// than Linux has ephemeral ports by default.
const perSource = 20_000

// target is a server's address, and how to reach it.
type target struct {
	addr   *net.TCPAddr
	dialer net.Dialer
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
	return &target{addr: addr}, nil
}

// dial opens connection i. To a server on 127.0.0.0/8 it comes from an address
// there that at most perSource others share; else the number of ephemeral
// ports would limit the connections.
func (t *target) dial(ctx context.Context, i int) (net.Conn, error) {
	d := t.dialer
	if t.addr.IP.IsLoopback() && t.addr.IP.To4() != nil {
		d.LocalAddr = &net.TCPAddr{IP: source(i)}
		d.Control = bindWithoutPort
	}
	return d.DialContext(ctx, "tcp", t.addr.String())
}

// source gives 127.0.0.1 for the first connections, 127.0.0.2 for the next ...
func source(i int) net.IP {
	return binary.BigEndian.AppendUint32(nil, 0x7f000001+uint32(i/perSource))
}

// bindWithoutPort leaves the port's choice to connect, which alone knows the
// pair of addresses, and so finds ports that bind would take for used.
func bindWithoutPort(_, _ string, c syscall.RawConn) (err error) {
	failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	return errors.Join(failed, err)
}
