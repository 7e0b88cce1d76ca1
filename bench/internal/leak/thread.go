package leak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

// thread is an epoll loop with its share of the connections. Nothing of it is
// shared but the run.
type thread struct {
	whole  *Run
	duty   duty
	random *rand.Rand
	to     unix.SockaddrInet4
	epoll  int
	conns  []*conn
	open   int  // that are not absent
	over   bool // nothing more is sent, all end in good order
	now    time.Time
	events [256]unix.EpollEvent
	buf    [256 << 10]byte
	out    []byte
	want   []byte

	verified, bytes, pongs uint64 // not counted in the run yet
}

// duty is what the connections of a thread exchange.
type duty interface {
	// dialed tells that c was begun, and opened that it can be used.
	dialed(c *conn)
	opened(c *conn)

	// next gives the message that c sends next, if it may send one now.
	next(c *conn) (m Message, ok bool)

	// message gets a message for c, and tells what is wrong with it, or "".
	message(c *conn, op codec.Opcode, payload []byte) (wrong string)

	// owed tells what c still waits for, or "".
	owed(c *conn) string

	// leaves reports whether c may be closed in good order now.
	leaves(c *conn) bool

	// finished reports whether c has done what it is for.
	finished(c *conn) bool

	// gone tells that c, which was opened, has ended.
	gone(c *conn)

	// waiting gives connections that may send because others have received.
	waiting() []*conn
}

func newThread(r *Run, i int) (*thread, error) {
	o := r.options
	addr, err := net.ResolveTCPAddr("tcp4", o.Addr)
	if err != nil {
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	t := &thread{whole: r, random: o.random(i), epoll: epoll, now: time.Now()}
	t.to = unix.SockaddrInet4{Addr: [4]byte(addr.IP.To4()), Port: addr.Port}
	t.conns = make([]*conn, o.Conns*(i+1)/o.Threads-o.Conns*i/o.Threads)
	if o.Broadcast {
		t.duty = newBroadcasting(t)
	} else {
		t.duty = echoing{t}
	}
	return t, nil
}

func (t *thread) close() {
	for _, c := range t.conns {
		if c != nil && c.state != absent {
			unix.Close(c.fd)
		}
	}
	unix.Close(t.epoll)
}

// checked is how often a thread looks for connections that wait too long.
const checked = time.Second

// run does the thread's part of the run.
func (t *thread) run(ctx context.Context) {
	for place := range t.conns {
		t.dial(place)
	}
	last := t.now
	for t.open > 0 && t.whole.Faults() < maxFaults {
		t.poll()
		if t.now.Sub(last) > checked {
			last = t.now
			t.checkWaiting()
		}
		if !t.over && (ctx.Err() != nil || t.whole.over()) {
			t.over = true
			t.eachOpen(t.proceed)
		}
	}
}

// poll handles what is ready.
func (t *thread) poll() {
	n, err := unix.EpollWait(t.epoll, t.events[:], 50)
	t.now = time.Now()
	if err != nil && err != unix.EINTR {
		t.whole.fault(os.NewSyscallError("epoll_wait", err).Error())
	}
	for _, e := range t.events[:max(n, 0)] {
		c := t.conns[e.Fd]
		if c.state == absent || c.number != uint32(e.Pad) {
			continue // it has gone since it was reported
		}
		if e.Events&unix.EPOLLOUT != 0 {
			t.flush(c)
		}
		if e.Events&^unix.EPOLLOUT != 0 && c.state != absent {
			t.read(c)
		}
		t.proceed(c)
	}
	for _, c := range t.duty.waiting() {
		t.proceed(c)
	}
	t.count()
}

// count tells the run what has been verified.
func (t *thread) count() {
	r := t.whole
	r.verified.Add(t.verified)
	r.bytes.Add(t.bytes)
	r.pongs.Add(t.pongs)
	t.verified, t.bytes, t.pongs = 0, 0, 0
}

func (t *thread) eachOpen(do func(*conn)) {
	for _, c := range t.conns {
		if c.state != absent {
			do(c)
		}
	}
}

// checkWaiting gives up the connections that the server has left waiting.
func (t *thread) checkWaiting() {
	t.eachOpen(func(c *conn) {
		if what := t.awaited(c); what != "" && t.now.Sub(c.heard) > t.whole.options.Patience {
			t.fail(c, fmt.Sprintf("nothing came for %v while it waited for %s", t.whole.options.Patience, what))
			t.proceed(c)
		}
	})
}

// awaited tells what a connection waits for, or "".
func (t *thread) awaited(c *conn) string {
	switch {
	case c.state == upgrading:
		return "the answer to its handshake"
	case c.state == closing:
		return "the answer to its Close"
	case c.state == silent:
		return "the end of the stream"
	case len(c.out) > 0:
		return "the server to read"
	}
	return t.owed(c)
}

// owed tells what the server still owes a connection that is present, or "".
func (t *thread) owed(c *conn) string {
	if c.ponged < c.pings {
		return "the pong to " + c.ping(c.pings-1).String()
	}
	return t.duty.owed(c)
}
