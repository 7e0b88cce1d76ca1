package leak

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

// The example key of RFC 6455, 1.3, and the answer to it: enough for a server
// that we have started ourselves.
const (
	request = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	accept  = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	maxHead = 4 << 10 // of the answer in bytes
)

// perSource is the number of connections from one address of 127.0.0.0/8, lest
// ports run out while those of earlier ones are kept for a minute.
const perSource = 5000

var config = codec.Config{Role: codec.Client, MaxMessage: 2 * maxPayload}

// dial opens a connection in a place.
func (t *thread) dial(place int) {
	r := t.whole
	c := &conn{place: place, number: r.numbers.Add(1), heard: t.now, end: t.drawEnd()}
	if old := t.conns[place]; old != nil {
		c.decoder, c.out = old.decoder, old.out[:0]
		c.decoder.Reset(&config)
	} else {
		c.decoder = codec.NewDecoder(&config)
	}
	t.conns[place] = c
	if c.number >= maxConns {
		r.fault("the numbers for connections are used up")
		return
	}
	if err := t.connect(c); err != nil {
		r.fault(err.Error())
		return
	}
	c.state = upgrading
	t.open++
	t.duty.dialed(c)
	t.write(c, []byte(request))
}

// connect waits for the connection, which on this machine is there at once.
func (t *thread) connect(c *conn) (err error) {
	c.fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	var from unix.SockaddrInet4
	binary.BigEndian.PutUint32(from.Addr[:], 0x7f000001+c.number/perSource)
	err = errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(c.fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)),
		os.NewSyscallError("bind", unix.Bind(c.fd, &from)),
		os.NewSyscallError("connect", retry(func() error { return unix.Connect(c.fd, &t.to) })),
		os.NewSyscallError("fcntl", unix.SetNonblock(c.fd, true)),
	)
	if err == nil {
		err = t.watch(c, unix.EPOLL_CTL_ADD, unix.EPOLLIN)
	}
	if err != nil {
		unix.Close(c.fd)
	}
	return err
}

// retry repeats a call that a signal has interrupted. A connection that came
// about meanwhile is no error.
func retry(call func() error) error {
	err := call()
	for err == unix.EINTR || err == unix.EALREADY {
		err = call()
	}
	if err == unix.EISCONN {
		return nil
	}
	return err
}

func (t *thread) watch(c *conn, op int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(t.epoll, op, c.fd,
		&unix.EpollEvent{Events: events, Fd: int32(c.place), Pad: int32(c.number)}))
}

// upgraded takes a part of the answer to the handshake, and gives what comes
// after its end.
func (t *thread) upgraded(c *conn, b []byte) (rest []byte) {
	c.head = append(c.head, b...)
	head, rest, whole := bytes.Cut(c.head, []byte("\r\n\r\n"))
	switch {
	case !whole && len(c.head) > maxHead:
		t.fail(c, "an answer to the handshake without end")
	case !whole:
	case !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(accept)):
		t.fail(c, "handshake refused: "+string(head))
	default:
		c.state, c.head = present, nil
		t.whole.opened.Add(1)
		t.duty.opened(c)
		return rest
	}
	return nil
}
