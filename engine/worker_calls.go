package engine

import (
	"cmp"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/pool"
)

// pass leaves a call with a payload to the workers. The loop's bytes are
// copied, and c is not read from any more while its mailbox is full.
func (s *sessions) pass(c *Conn, kind call, op codec.Opcode, payload []byte) {
	l := letter{call: kind, op: op, payload: pool.Get(len(payload))}
	l.payload.B = append(l.payload.B, payload...)
	if s.mail.send(c, l) {
		c.conn.Hold()
	}
}

// resume goes on with a connection whose mailbox has been full.
func (s *sessions) resume(c *Conn) {
	s.mail.unhold(c)
	s.goOn(c)
}

// forget makes a connection that ends wait for nothing. The calls that wait
// are still made.
func (s *sessions) forget(c *Conn) {
	if c.onWorkers() {
		s.mail.unhold(c)
		s.mail.unpark(c)
	}
}

func (s *sessions) endStream(c *Conn) { s.Ended(&c.conn) }

// call makes one call of c's handler, on a worker, and gives the payload back.
func (s *sessions) call(c *Conn, l letter) {
	returned := false
	defer s.mail.put(l.payload)
	defer func() {
		if v := recover(); !returned {
			s.panickedOnWorker(c, l.call, v)
		}
	}()
	s.make(c, l)
	returned = true
}

func (s *sessions) make(c *Conn, l letter) {
	switch l.call {
	case callUpgrade:
		s.decide(c, l.opening)
	case callOpen, callMessage, callPong:
		c.conn.Handle()
		defer c.conn.Handled()
		c.answer(l)
	case callDrain:
		if c.State() == Open {
			c.profile.drainer.OnDrain(c)
		}
	case callClose:
		c.profile.handler.OnClose(c, c.ending())
	}
}

// answer makes a call in which what is sent is a reply: see fullLocked.
func (c *Conn) answer(l letter) {
	switch {
	case l.call == callOpen:
		c.profile.handler.OnOpen(c)
	case !c.listens():
	case l.call == callMessage:
		c.profile.handler.OnMessage(c, l.op, l.payload.B)
	default:
		c.profile.ponger.OnPong(c, l.payload.B)
	}
}

// listens tells that what came before is still to be delivered: always, unless
// we have closed, as after that nothing is.
func (c *Conn) listens() bool { return !c.conn.Muted() }

func (c *Conn) ending() *CloseError {
	c.conn.Lock()
	defer c.conn.Unlock()
	return c.end
}

// mustReadFirst tells that the peer takes much less than it causes to be sent,
// or that much of that is still to be compressed: it gets no further answers
// before. [sessions.Drained] tells when all is sent.
func (c *Conn) mustReadFirst() bool {
	return c.State() == Open && (c.conn.Blocked() && c.conn.Buffered() > c.profile.maxBuffered/2 || c.congested())
}

// panickedOnWorker ends a connection whose handler panicked with v, or with
// runtime.Goexit: at once, so that no further call finds it open, and then on
// its loop. One that is not open yet is refused by [sessions.decided].
func (s *sessions) panickedOnWorker(c *Conn, during call, v any) {
	s.panicked(c, cmp.Or(v, any("runtime.Goexit")))
	if during == callUpgrade {
		return
	}
	c.conn.Lock()
	c.conn.MuteLocked()
	if c.State() == Open {
		c.closeLocked(&CloseError{Code: codec.CloseInternalError, Err: ErrPanic})
	}
	c.conn.Unlock()
	s.loop.Post(func() {
		if !c.conn.Gone() {
			s.fail(c, codec.CloseInternalError, "", ErrPanic)
		}
	})
}
