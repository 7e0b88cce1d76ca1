package raw

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"
)

// setup is the load of that name. The client closes first, so that the ports
// stay taken for a minute: each perSource connections come from another
// address. That is never the server's own, as a listener that is opened within
// that minute must still find a port there.
type setup struct {
	*client
	to    *target
	plain bool
	slots []slot
	next  int // connection
	done  uint64
}

// slot is a connection, one after the other.
type slot struct {
	fd       int
	upgraded bool
	head     []byte // of the answer to the handshake, as far as it is here
	off      int    // bytes of the reply that are here
	done     bool   // it has been opened and closed
}

func newSetup(o Options) (load, error) {
	to, err := newTarget(o.Addr, o.Patience)
	if err != nil {
		return nil, err
	}
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	s := &setup{client: c, to: to, plain: o.Plain, next: perSource}
	for i := range o.Conns {
		s.slots = append(s.slots, slot{})
		if err := s.open(i); err != nil {
			s.slots = s.slots[:i]
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *setup) count() uint64 { return s.done }

func (s *setup) close() {
	for i := range s.slots {
		unix.Close(s.slots[i].fd)
	}
	s.client.close()
}

// open opens the next connection of a slot and sends what comes first.
func (s *setup) open(i int) error {
	fd, err := s.to.dial(s.next)
	if err != nil {
		return err
	}
	s.next++
	k := &s.slots[i]
	k.fd, k.upgraded, k.head, k.off = fd, s.plain, k.head[:0], 0
	first := []byte(request)
	if s.plain {
		first = s.messages
	}
	if err := write(fd, first); err != nil {
		return err
	}
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)})
}

func (s *setup) run(d time.Duration) error {
	return s.each(d, func(i int, _ uint32) (bool, error) {
		k := &s.slots[i]
		n, err := recv(k.fd, s.buf[:])
		if n == 0 || err != nil {
			return false, err
		}
		if !k.upgraded {
			return false, s.upgrade(k, s.buf[:n])
		}
		return false, s.answer(i, s.buf[:n])
	})
}

// upgrade takes a part of the handshake's answer, and after its end sends the
// message.
func (s *setup) upgrade(k *slot, b []byte) error {
	k.head = append(k.head, b...)
	done, err := upgraded(k.head)
	if !done || err != nil {
		return err
	}
	k.upgraded = true
	return write(k.fd, s.messages)
}

// answer takes a part of the reply to the message, and after its end goes on to
// the next connection.
func (s *setup) answer(i int, b []byte) error {
	k := &s.slots[i]
	if k.off+len(b) > s.reply {
		return errTooMany
	}
	if !bytes.Equal(b, s.repliesFrom(k.off, len(b))) {
		return errDiffers
	}
	if k.off += len(b); k.off < s.reply {
		return nil
	}
	s.done++
	k.done = true
	unix.Close(k.fd)
	return s.open(i)
}

func (s *setup) check() error {
	return s.settle(s.run, len(s.slots), func(i int) bool { return s.slots[i].done })
}
