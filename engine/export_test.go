package engine

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/pool"
)

// Rest waits until every buffer is back: loops that clients share end a little
// later than the test that used them, and then return one. Only what comes
// after a rest can count buffers.
func Rest(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); pool.Lent() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d buffers are still lent by earlier tests", pool.Lent())
		}
	}
}

// FD gives the socket of c.
func FD(c *Conn) int { return c.conn.FD() }

// Post runs f on c's loop.
func Post(c *Conn, f func()) { c.conn.Loop().Post(f) }

// ShutdownsWaiting counts the calls of Shutdown that wait for c's loop.
func ShutdownsWaiting(c *Conn) int {
	n := make(chan int, 1)
	c.conn.Loop().Post(func() { n <- len(c.sessions().drained) })
	return <-n
}

// Mailboxes counts those of s.
func Mailboxes(s *Server) (n int) {
	for _, se := range s.group.sessions {
		se.mail.mu.Lock()
		n += len(se.mail.boxes)
		se.mail.mu.Unlock()
	}
	return n
}

// Hears tells that what the peer of c sends is read.
func Hears(c *Conn) bool { return c.conn.Hears() }

// Held tells that nothing is read from c.
func Held(c *Conn) bool { return c.conn.Held() }

// Handling tells that a worker calls c's handler.
func Handling(c *Conn) bool { return c.conn.Handling() }

// Parked tells that c's next call waits for its peer to read.
func Parked(c *Conn) bool {
	m := &c.sessions().mail
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[c]
	return b != nil && b.parked
}

// SharedLoops counts the loops that clients share.
func SharedLoops() int {
	clientLoops.mu.Lock()
	defer clientLoops.mu.Unlock()
	if clientLoops.group == nil {
		return 0
	}
	return len(clientLoops.group.sessions)
}

// Ending is closed when s begins to end.
func Ending(s *Server) <-chan struct{} { return s.closing }

// HoldDeflaters lets s compress nothing off its loops until it is released.
func HoldDeflaters(s *Server) (release func()) {
	d, gate := s.group.deflaters, make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	start := d.start
	d.start = func(work func()) {
		start(func() {
			<-gate
			work()
		})
	}
	return func() { close(gate) }
}

// Deflaters counts the goroutines that compress for s, the messages that wait
// for them, and how often a loop waits for such a one.
func Deflaters(s *Server) (running, messages, loops int) {
	d := s.group.deflaters
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, all := range d.waiting {
		loops += len(all)
	}
	return d.running, len(d.queue), loops
}

// MaxSurplus is how many connections beyond the limits are held.
const MaxSurplus = maxSurplus

// SameProfile tells that two connections share their profile.
func SameProfile(a, b *Conn) bool { return a.profile == b.profile }

// HandshakesWaiting counts the TLS handshakes whose next step waits for a
// handshaker.
func HandshakesWaiting(s *Server) int {
	s.shakers.mu.Lock()
	defer s.shakers.mu.Unlock()
	return s.shakers.waiting.Len()
}

// Surplus counts the connections of s beyond its limits.
func Surplus(s *Server) int64 { return s.admission.surplus.Load() }

// Contexts counts the connections of s that have one.
func Contexts(s *Server) (n int) {
	for _, se := range s.group.sessions {
		n += int(se.contexts.count.Load())
	}
	return n
}
