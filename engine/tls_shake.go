package engine

import (
	"container/list"
	"context"
	"crypto/tls"
	"iter"

	"github.com/sockeye-ws/sockeye/pool"
)

// maxFlight is how much may be received while a step of the handshake is under
// way: nothing more is read before that is over.
const maxFlight = 64 << 10

// stepCost is what a handshake takes once it has begun, mostly a stack.
const stepCost = 16 << 10

// tlsShake is a server's TLS handshake under way. The loop collects whole
// records, handshakers do the steps between them: so a peer that sends nothing,
// or its first record bit by bit, costs no goroutine.
type tlsShake struct {
	config  *tls.Config
	running bool         // a handshaker has it, or will have it
	begun   bool         // it has it, or had it before
	input   *pool.Buffer // what the step reads
	taken   int          // bytes that steps have read: crypto/tls keeps messages until the end

	ctx    context.Context // of its hooks; set before the first step
	cancel func()

	// The handshaker's while it has it.

	next func() (struct{}, bool) // does a step; nil before the first
	stop func()
	wait func() bool // called by the step, for more input
	over bool        // the handshake is
	err  error       // why it failed

	place *list.Element // in the handshakers' queue, which guards it; or nil
}

// held is what it takes of memory.
func (sh *tlsShake) held() (n int) {
	n = sh.taken
	if sh.input != nil {
		n += cap(sh.input.B)
	}
	if sh.begun {
		n += stepCost
	}
	return n
}

// end gives back what it holds. No step may be under way.
func (sh *tlsShake) end() {
	pool.Put(sh.input)
	sh.input, sh.begun, sh.taken = nil, false, 0
	if sh.stop != nil {
		sh.stop()
	}
}

// collect takes what comes during the handshake.
func (s *sessions) collect(c *Conn, t *tlsState, b []byte) {
	t.keep(b)
	if s.awaitsProxy(c) && !s.stripProxy(c, t) {
		return
	}
	if t.shake.running && len(t.rest.B) > maxFlight {
		c.conn.Hold()
	}
	s.advance(c, t)
}

// advance has a handshaker do the next step, if there is a record for it.
func (s *sessions) advance(c *Conn, t *tlsState) {
	if t.shake.running || t.rest == nil {
		s.chargeTLS(t)
		return
	}
	n := wholeRecords(t.rest.B)
	if n == 0 {
		s.chargeTLS(t)
		return
	}
	input := t.rest
	t.rest = nil
	t.keep(input.B[n:])
	input.B = input.B[:n]
	if !t.shake.begun {
		t.shake.ctx, t.shake.cancel = context.WithCancel(context.Background())
	}
	t.shake.input, t.shake.running, t.shake.begun = input, true, true
	t.shake.taken += n
	s.chargeTLS(t)
	s.owner.shakers.add(c)
}

// step does a step of c's handshake, on a handshaker's goroutine: the loop does
// the rest.
func (c *Conn) step() {
	s, t := c.sessions(), c.profile.tls
	sh, returned := t.shake, false
	defer func() {
		if v := recover(); !returned {
			s.panicked(c, v) // or the goroutine was ended by a hook
			sh.over, sh.err = true, ErrPanic
		}
		if !s.loop.Post(func() { s.stepped(c, t) }) {
			sh.end()
		}
	}()
	if !c.conn.Gone() {
		t.step(sh)
	}
	returned = true
}

func (t *tlsState) step(sh *tlsShake) {
	t.in = sh.input.B
	if sh.next == nil {
		t.conn = tls.Server(t, sh.config)
		sh.next, sh.stop = iter.Pull(t.steps)
	}
	sh.next()
}

// steps is the handshake; each step ends where it needs more of the peer. For
// its context crypto/tls needs no goroutine, unless it is cancelled.
func (t *tlsState) steps(yield func(struct{}) bool) {
	sh := t.shake
	sh.wait = func() bool { return yield(struct{}{}) }
	sh.err = t.conn.HandshakeContext(sh.ctx)
	sh.over = true
}

// stepped goes on after a step.
func (s *sessions) stepped(c *Conn, t *tlsState) {
	sh := t.shake
	sh.running = false
	if c.conn.Gone() || c.conn.Finishing() {
		sh.end()
		s.chargeStepped(c, t)
		return
	}
	c.conn.Unhold()
	c.conn.Cork()
	defer c.conn.Uncork()
	c.conn.Lock()
	t.established = sh.over && sh.err == nil
	c.conn.SendSealedLocked(t.takeOut())
	c.conn.Unlock()
	switch {
	case sh.err != nil:
		s.shakeFailed(c, sh.err)
	case !sh.over:
		pool.Put(sh.input)
		sh.input = nil
		s.advance(c, t)
	default:
		s.shaken(c, t)
	}
	c.conn.ReadOn()
}

// endBehindStep makes the end of c's stream come again after the step of its
// handshake that is under way, if one is.
func (c *Conn) endBehindStep() bool {
	t := c.profile.tls
	if t == nil || t.shake == nil || !t.shake.running {
		return false
	}
	c.conn.EndLater()
	return true
}

// chargeStepped counts what c does not hold any more, unless it is gone.
func (s *sessions) chargeStepped(c *Conn, t *tlsState) {
	if !c.conn.Gone() {
		s.chargeTLS(t)
	}
}

// shaken goes on with what came behind the handshake.
func (s *sessions) shaken(c *Conn, t *tlsState) {
	s.stats.tlsDone.Add(1)
	s.beginTurn()
	sh, early, rest := t.shake, t.in, t.rest
	t.shake, t.in, t.rest = nil, nil, nil
	s.records(c, early)
	if rest != nil {
		s.records(c, rest.B)
		pool.Put(rest)
	}
	sh.end()
}

// shakeFailed ends a connection whose handshake failed. An alert is on its way.
func (s *sessions) shakeFailed(c *Conn, err error) {
	c.profile.logger.Debug("engine: TLS handshake failed", "error", err, "remote", c.RemoteAddr())
	c.conn.Lock()
	if speaksHTTP(err) {
		c.conn.SendSealedLocked([]byte(notTLS))
	}
	c.setStateLocked(refused)
	c.conn.Unlock()
	s.release(c)
	c.conn.Finish(c.profile.closeTimeout, 0)
}
