package raw

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"
)

// echo is the load of that name.
type echo struct {
	*client
	replies uint64
}

func newEcho(o Options) (load, error) {
	c, err := open(o)
	if err != nil {
		return nil, err
	}
	e := &echo{client: c}
	return e, e.start()
}

func (e *echo) count() uint64 { return e.replies }

// start sends the first messages on every connection.
func (e *echo) start() error {
	for i := range e.conns {
		e.conns[i].unsent = len(e.messages)
		if err := e.flush(i); err != nil {
			return err
		}
	}
	return nil
}

func (e *echo) run(d time.Duration) error {
	return e.each(d, func(i int, ready uint32) (bool, error) {
		if ready&unix.EPOLLOUT != 0 {
			if err := e.flush(i); err != nil {
				return false, err
			}
		}
		if ready&^unix.EPOLLOUT == 0 {
			return false, nil
		}
		return false, e.readable(i)
	})
}

// readable takes what came and sends a message for each reply in it.
func (e *echo) readable(i int) error {
	k := &e.conns[i]
	n, err := recv(k.fd, e.buf[:])
	if err != nil {
		return err
	}
	if !bytes.Equal(e.buf[:n], e.repliesFrom(k.off, n)) {
		return errDiffers
	}
	replies := (k.off + n) / e.reply
	k.off = (k.off + n) % e.reply
	k.unsent += replies * e.message
	if k.unsent > len(e.messages) {
		return errTooMany
	}
	k.seen += uint64(replies)
	e.replies += uint64(replies)
	return e.flush(i)
}

// flush sends as much of what is unsent as the socket takes, and the rest when
// it takes more. Replies are read meanwhile, or the server would wait for us,
// and we for the server.
func (e *echo) flush(i int) error {
	k := &e.conns[i]
	for k.unsent > 0 {
		b := e.messages[k.at:min(k.at+k.unsent, len(e.messages))]
		n, err := send(k.fd, b)
		if err != nil {
			return err
		}
		k.unsent -= n
		k.at = (k.at + n) % e.message
		if n < len(b) {
			return e.wantOut(i, true)
		}
	}
	return e.wantOut(i, false)
}

// wantOut asks for an event when the socket takes bytes again, or no longer.
func (e *echo) wantOut(i int, full bool) error {
	k := &e.conns[i]
	if k.full == full {
		return nil
	}
	k.full = full
	events := uint32(unix.EPOLLIN)
	if full {
		events |= unix.EPOLLOUT
	}
	return e.interest(unix.EPOLL_CTL_MOD, i, events)
}

func (e *echo) check() error {
	return e.settle(e.run, len(e.conns), func(i int) bool { return e.conns[i].seen > 0 })
}
