package raw

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// client is the loop and all its connections.
type client struct {
	traffic
	epoll    int
	conns    []conn
	patience time.Duration
	events   [1024]unix.EpollEvent
	buf      [bufferSize]byte
}

const bufferSize = 64 << 10

// conn is one connection: an event carries its index.
type conn struct {
	fd     int
	off    int  // bytes of the current reply that are here
	at     int  // bytes of the current message that are sent
	unsent int  // bytes of messages that are to be sent
	full   bool // the socket took less than that
	seen   uint64
}

var (
	errDiffers = errors.New("a reply differs from what was sent")
	errTooMany = errors.New("more replies than messages")
)

// open opens all connections.
func open(o Options) (*client, error) {
	to, err := newTarget(o.Addr, o.Patience)
	if err != nil {
		return nil, err
	}
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	for i := range o.Conns {
		if err := c.add(to, o); err != nil {
			c.close()
			return nil, fmt.Errorf("opening connection %d: %w", i+1, err)
		}
	}
	return c, nil
}

// newClient makes a client without connections.
func newClient(o Options) (*client, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &client{traffic: newTraffic(o), epoll: epoll, patience: o.Patience}, nil
}

// backlog is fewer connections than a listener by default keeps unaccepted.
const backlog = 1000

// add opens one connection, and leaves its descriptor blocking: that each call
// of the load says MSG_DONTWAIT is enough.
func (c *client) add(to *target, o Options) error {
	i := len(c.conns)
	fd, err := to.dial(i)
	if err != nil {
		return err
	}
	c.conns = append(c.conns, conn{fd: fd})
	if !o.Plain {
		if err := upgrade(fd, o.Compress); err != nil {
			return err
		}
	} else if (i+1)%backlog == 0 {
		// Nothing else lets the server, on our processor, accept them. With its
		// backlog full a connect takes a second.
		time.Sleep(time.Millisecond)
	}
	return c.interest(unix.EPOLL_CTL_ADD, i, unix.EPOLLIN)
}

func (c *client) interest(op, i int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(c.epoll, op, c.conns[i].fd, &unix.EpollEvent{Events: events, Fd: int32(i)}))
}

func (c *client) close() {
	for i := range c.conns {
		unix.Close(c.conns[i].fd)
	}
	unix.Close(c.epoll)
}

// each calls handle with the connections that are ready, for d or until it
// tells that it is done.
func (c *client) each(d time.Duration, handle func(i int, ready uint32) (done bool, err error)) error {
	end := time.Now().Add(d)
	for left := d; left > 0; left = time.Until(end) {
		n, err := poll(c.epoll, c.events[:], max(left, time.Millisecond))
		if err != nil {
			return err
		}
		for _, e := range c.events[:n] {
			done, err := handle(int(e.Fd), e.Events)
			if err != nil {
				return fmt.Errorf("connection %d: %w", e.Fd+1, err)
			}
			if done {
				return nil
			}
		}
	}
	return nil
}

// ask sends a message and waits for the reply.
func (c *client) ask(fd int, message, reply []byte) error {
	if err := write(fd, message); err != nil {
		return err
	}
	for off := 0; off < len(reply); {
		n, err := read(fd, c.buf[:min(len(reply)-off, len(c.buf))])
		if err != nil {
			return err
		}
		if !bytes.Equal(c.buf[:n], reply[off:off+n]) {
			return errDiffers
		}
		off += n
	}
	return nil
}

// settle lets a load run on until each of n connections got a reply, as its time
// may have been too short for many, and fails if one got none.
func (c *client) settle(run func(time.Duration) error, n int, answered func(i int) bool) error {
	for end := time.Now().Add(c.patience); ; {
		silent := 0
		for i := range n {
			if !answered(i) {
				silent++
			}
		}
		if silent == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d connections got no reply", silent, n)
		}
		if err := run(10 * time.Millisecond); err != nil {
			return err
		}
	}
}
