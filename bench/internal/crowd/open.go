package crowd

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// perAddress is the number of connections to one address: a small part of the
// ephemeral ports, as looking for a free one takes long when few are left.
const perAddress = 5_000

// The example key of RFC 6455, 1.3, and the answer to it.
const (
	key    = "dGhlIHNhbXBsZSBub25jZQ=="
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// maxHead is the limit of the answer in bytes.
const maxHead = 4 << 10

// Open opens all connections.
func (c *Crowd) Open(ctx context.Context) result.Outcome {
	began := c.begin()
	c.eachInWindow(ctx, 0, c.dial)
	o := c.outcome(began)
	o.Connect, o.Latency = o.Latency, o.Connect
	return o
}

// dial begins a connection.
func (c *Crowd) dial(i int) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		c.fail(i, os.NewSyscallError("socket", err).Error())
		return
	}
	m := &c.members[i]
	m.fd, m.state = int32(fd), upgrading
	if err := unix.Connect(fd, c.address(i)); err != nil && err != unix.EINPROGRESS {
		c.fail(i, os.NewSyscallError("connect", err).Error())
		return
	}
	// On loopback the connection is usually there when connect returns.
	events := uint32(unix.EPOLLIN)
	if err := c.ask(i); errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOTCONN) {
		m.state, events = asking, unix.EPOLLOUT
	} else if err != nil {
		c.fail(i, err.Error())
		return
	}
	c.watch(i, unix.EPOLL_CTL_ADD, events)
}

// address gives where connection i goes.
func (c *Crowd) address(i int) *unix.SockaddrInet4 {
	to := c.to
	if to.Addr[0] == 127 {
		first := binary.BigEndian.Uint32(to.Addr[:])
		binary.BigEndian.PutUint32(to.Addr[:], first+uint32(i/perAddress))
	}
	return &to
}

func (c *Crowd) watch(i, op int, events uint32) {
	if err := unix.EpollCtl(c.epoll, op, int(c.members[i].fd), &unix.EpollEvent{Events: events, Fd: int32(i)}); err != nil {
		c.fail(i, os.NewSyscallError("epoll_ctl", err).Error())
	}
}

// ask sends the request.
func (c *Crowd) ask(i int) error {
	path := c.options.Path
	if i == 0 {
		path = c.options.First
	}
	b := append(c.out[:0], "GET "...)
	b = append(b, path...)
	b = append(b, " HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "+key+"\r\nSec-WebSocket-Version: 13\r\n\r\n"...)
	c.out = b
	return c.write(i, b)
}

// askLate sends the request once the socket takes it.
func (c *Crowd) askLate(i int) {
	if err := c.ask(i); err != nil {
		c.fail(i, err.Error())
		return
	}
	c.members[i].state = upgrading
	c.watch(i, unix.EPOLL_CTL_MOD, unix.EPOLLIN)
}

// upgraded takes a part of the answer, and gives what comes after its end.
func (c *Crowd) upgraded(i int, b []byte) (rest []byte) {
	if head, ok := c.heads[i]; ok {
		b = append(head, b...)
	}
	head, rest, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	switch {
	case !whole && len(b) < maxHead:
		c.heads[i] = bytes.Clone(b)
	case !whole:
		c.fail(i, "handshake: an answer without end")
	case !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(accept)):
		status, _, _ := bytes.Cut(head, []byte("\r\n"))
		c.fail(i, "handshake refused: "+string(status))
	default:
		delete(c.heads, i)
		m := &c.members[i]
		m.state = present
		c.open.Add(1)
		c.record.Record(0, clock()-m.since)
		c.settle(i)
		return rest
	}
	return nil
}

var epoch = time.Now()

// clock gives the monotonic time.
func clock() time.Duration { return time.Since(epoch) }
