package raw

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// client is the loop and all its connections.
type client struct {
	traffic
	epoll    int
	conns    []conn
	messages uint64
	opened   time.Time
	events   [1024]unix.EpollEvent
	buf      [bufferSize]byte
}

const bufferSize = 64 << 10

// conn is one connection: an event carries its index.
type conn struct {
	fd   int
	off  int // bytes of the current reply that are here
	seen uint64
}

// errTooMany tells that the server sent more replies than it got messages.
var errTooMany = errors.New("more replies than messages")

func open(o Options) (*client, error) {
	addr, err := net.ResolveTCPAddr("tcp4", o.Addr)
	if err != nil {
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	c := &client{traffic: newTraffic(o), epoll: epoll, opened: time.Now()}
	for i := range o.Conns {
		if err := c.add(addr, o.Plain); err != nil {
			c.close()
			return nil, fmt.Errorf("opening connection %d: %w", i+1, err)
		}
	}
	return c, nil
}

// add opens one connection, and leaves its descriptor blocking: that each call
// says MSG_DONTWAIT is enough.
func (c *client) add(addr *net.TCPAddr, plain bool) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	i := len(c.conns)
	c.conns = append(c.conns, conn{fd: fd})
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: [4]byte(addr.IP.To4()), Port: addr.Port}); err != nil {
		return os.NewSyscallError("connect", err)
	}
	if !plain {
		if err := upgrade(fd); err != nil {
			return err
		}
	}
	return unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
}

func (c *client) close() {
	for i := range c.conns {
		unix.Close(c.conns[i].fd)
	}
	unix.Close(c.epoll)
}

// start sends the first messages on every connection.
func (c *client) start() error {
	for i := range c.conns {
		if err := send(c.conns[i].fd, c.messagesOf(c.depth)); err != nil {
			return err
		}
	}
	return nil
}

// run exchanges messages for d.
func (c *client) run(d time.Duration) error {
	end := time.Now().Add(d)
	for left := d; left > 0; left = time.Until(end) {
		n, err := c.poll(left)
		if err != nil {
			return err
		}
		for _, e := range c.events[:n] {
			if err := c.readable(&c.conns[e.Fd]); err != nil {
				return fmt.Errorf("connection %d: %w", e.Fd+1, err)
			}
		}
	}
	return nil
}

// readable takes what came and sends a message for each reply in it.
func (c *client) readable(k *conn) error {
	n, err := recv(k.fd, c.buf[:])
	if err != nil {
		return err
	}
	if !bytes.Equal(c.buf[:n], c.repliesFrom(k.off, n)) {
		return errors.New("a reply differs from what was sent")
	}
	replies := (k.off + n) / c.reply
	k.off = (k.off + n) % c.reply
	if replies > c.depth {
		return errTooMany
	}
	k.seen += uint64(replies)
	c.messages += uint64(replies)
	return send(k.fd, c.messagesOf(replies))
}

// unanswered fails if a connection got no reply at all.
func (c *client) unanswered() error {
	silent := 0
	for i := range c.conns {
		if c.conns[i].seen == 0 {
			silent++
		}
	}
	if silent > 0 {
		return fmt.Errorf("%d of %d connections got no reply", silent, len(c.conns))
	}
	return nil
}

// poll waits for events in a raw system call: there is no other goroutine that
// the runtime could run meanwhile.
func (c *client) poll(limit time.Duration) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(c.epoll), uintptr(unsafe.Pointer(&c.events)), uintptr(len(c.events)), uintptr(limit.Milliseconds()), 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("epoll_pwait", errno)
}

func recv(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	switch {
	case errno == unix.EAGAIN:
		return 0, nil
	case errno != 0:
		return 0, os.NewSyscallError("recvfrom", errno)
	case n == 0:
		return 0, errors.New("closed by the server")
	}
	return int(n), nil
}

// send sends all of b. A socket always has room for what is outstanding:
// [maxOutstanding] sees to that.
func send(fd int, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return os.NewSyscallError("sendto", errno)
	}
	if int(n) < len(b) {
		return fmt.Errorf("the socket took %d of %d bytes", n, len(b))
	}
	return nil
}
