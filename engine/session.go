package engine

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/handshake"
	"github.com/sockeye-ws/sockeye/pool"
)

// sessions drives the connections of one loop: it feeds what they receive to
// the handshake or the codec, and tells their handlers. It runs on the loop's
// goroutine.
type sessions struct {
	loop  *loop.Loop
	owner *Server // whose listeners' connections come here, or nil
	stats counters
	mail  mail

	contexts  contexts
	outboxes  outboxes
	preparing map[preparing][]*Conn // that wait for it
	deflaters *deflaters            // the group's

	blank    *receiver         // decodes for connections that have no state of their own
	spares   []*receiver       // used before
	request  handshake.Request // likewise, for requests that come whole
	casts    []*cast
	guests   guests
	remotes  remotes
	meters   meters
	events   int          // messages and control frames received
	worked   int          // in the turn of the connection that has it: see work
	before   int          // in the turns before it in this tick
	share    int          // of a tick: work after which a turn is over, if it is not crowded
	received atomic.Int64 // bytes that receivers hold
	checked  int64        // memory when it was checked last
	opened   []byte       // what records are decrypted to; nil before the first

	relieving atomic.Bool // relieve is posted
	draining  bool
	drained   []func() // called once no connection is left
}

// receiver is what a connection holds while something from its peer is
// incomplete: a handshake, or a message. Idle connections have none.
type receiver struct {
	decoder codec.Decoder
	opening *opening
	rest    *pool.Buffer // read, but not to be decoded yet, as c is held; or nil
	charged int          // bytes counted in sessions.received
}

// maxSpares is how many receivers a loop keeps for reuse.
const maxSpares = 64

// minDirect is the least room in a message's own buffer for which reading
// there is worth a read that ends with the frame.
const minDirect = 32 << 10

// Hold holds a connection that takes much less than it causes to be sent: its
// peer must read before it is heard again. While anything is unsent, the buffer
// of a message grows no further than both together stay within MaxBuffered:
// who neither reads nor comes to an end would have us hold twice as much.
func (s *sessions) Hold(lc *loop.Conn, unsent int) bool {
	c := connOf(lc)
	most := c.profile.maxBuffered
	if unsent > most/2 || c.rx == nil {
		return unsent > most/2
	}
	next := 4 * c.rx.decoder.Held() // see [codec.Decoder.Room]
	return next > 0 && c.unsentMemory()+next > most
}

// unsentMemory gives the memory that unsent bytes hold, in bytes.
func (c *Conn) unsentMemory() int {
	c.conn.Lock()
	defer c.conn.Unlock()
	return c.conn.UnsentLocked()
}

// Room gives the place of a large message that is under way.
func (s *sessions) Room(lc *loop.Conn) []byte {
	c := connOf(lc)
	if c.rx == nil || c.rx.opening != nil || c.profile.tls != nil {
		return nil
	}
	if s.waits(c) {
		return nil // its place would grow now, but be used and counted later
	}
	if room := c.rx.decoder.Room(); len(room) >= minDirect {
		return room
	}
	return nil
}

// Filled continues a message whose bytes were read to their place.
func (s *sessions) Filled(lc *loop.Conn, n int) {
	s.beginTurn()
	s.filled(connOf(lc), n)
}

func (s *sessions) filled(c *Conn, n int) {
	defer s.recoverFrom(c)
	rx, before := c.rx, s.events
	op, payload, err := rx.decoder.Filled(n)
	s.worked += n + len(payload)
	if s.handle(c, op, payload, err) {
		s.pace(c, false)
		s.settle(c, rx)
	}
	if c.profile.metered() {
		s.count(c, s.events-before, n)
	}
}

// Data takes what was read.
func (s *sessions) Data(lc *loop.Conn, b []byte) {
	s.beginTurn()
	if c := connOf(lc); c.profile.tls != nil {
		s.records(c, b)
	} else {
		s.plain(c, b)
	}
}

// plain takes what was read, or what came of it.
func (s *sessions) plain(c *Conn, b []byte) {
	defer s.recoverFrom(c)
	switch {
	case State(c.conn.State()) != Connecting:
		s.hear(c, b)
	case c.profile.client:
		s.openClient(c, b)
	default:
		s.openServer(c, b)
	}
}

// hear takes what was read from an open connection.
func (s *sessions) hear(c *Conn, b []byte) {
	if !c.profile.metered() {
		s.feed(c, b)
		return
	}
	before := s.events
	s.feed(c, b)
	s.count(c, s.events-before, len(b))
}

// feed decodes b and handles what comes out.
func (s *sessions) feed(c *Conn, b []byte) {
	rx := c.rx
	if rx == nil {
		rx = s.blank
		rx.decoder.Reset(c.profile.decoding())
	}
	if rx.rest != nil || s.waits(c) {
		c.conn.Hold()
		rx.keep(b)
		s.charge(rx)
		return
	}
	for len(b) > 0 {
		op, payload, n, err := rx.decoder.Next(b)
		b = b[n:]
		s.worked += c.profile.work(&rx.decoder, op, n, len(payload), len(b) > 0)
		if !s.handle(c, op, payload, err) {
			return
		}
		if s.pace(c, len(b) > 0); c.conn.Held() {
			break
		}
	}
	if len(b) > 0 {
		rx.keep(b)
	}
	s.settle(c, rx)
}

// settle leaves rx with c as long as it holds something, and no longer.
func (s *sessions) settle(c *Conn, rx *receiver) {
	// The decoder gives back what was handled, even if there is more to decode.
	switch idle := rx.decoder.Idle() && rx.rest == nil; {
	case idle && c.rx != nil:
		c.rx = nil
		s.putReceiver(rx)
	case !idle && c.rx == nil:
		c.rx, s.blank = rx, s.getReceiver()
		s.charge(rx)
	case !idle:
		s.charge(rx)
	}
}

func (s *sessions) getReceiver() *receiver {
	last := len(s.spares) - 1
	if last < 0 {
		return new(receiver)
	}
	rx := s.spares[last]
	s.spares = s.spares[:last]
	return rx
}

func (s *sessions) putReceiver(rx *receiver) {
	s.discharge(rx)
	rx.decoder.Release()
	pool.Put(rx.rest)
	rx.rest = nil
	if len(s.spares) < maxSpares {
		s.spares = append(s.spares, rx)
	}
}

// handle acts on one event, and tells whether c goes on receiving.
func (s *sessions) handle(c *Conn, op codec.Opcode, payload []byte, err error) bool {
	if err != nil {
		s.violated(c, err.(*codec.Error))
		return false
	}
	if op != 0 {
		s.events++
	}
	switch op {
	case codec.Text, codec.Binary:
		s.stats.received++
		s.message(c, op, payload)
	case codec.Ping:
		c.pong(payload)
	case codec.Pong:
		s.ponged(c, payload)
	case codec.Close:
		s.peerClosed(c, payload)
		return false
	}
	return true
}

func (s *sessions) message(c *Conn, op codec.Opcode, payload []byte) {
	switch {
	case c.State() != Open:
		// As in browsers, what comes after we closed is not delivered.
	case c.onWorkers():
		s.pass(c, callMessage, op, payload)
	default:
		c.profile.handler.OnMessage(c, op, payload)
	}
}

func (s *sessions) ponged(c *Conn, payload []byte) {
	switch {
	case c.profile.ponger == nil || c.State() != Open:
	case c.onWorkers():
		s.pass(c, callPong, codec.Pong, payload)
	default:
		c.profile.ponger.OnPong(c, payload)
	}
}

// recoverFrom is deferred around calls of a handler: a panic ends the
// connection it came from, and nothing else.
func (s *sessions) recoverFrom(c *Conn) {
	v := recover()
	if v == nil {
		return
	}
	s.panicked(c, v)
	switch state := c.State(); {
	case state == Connecting && c.profile.client:
		s.cut(c, ErrPanic)
	case state == Connecting:
		s.refuse(c, handshake.Reject(500, ""))
	case state == Open, state == Closing:
		s.fail(c, codec.CloseInternalError, "", ErrPanic)
	}
}

// panicked counts and logs a panic.
func (s *sessions) panicked(c *Conn, v any) {
	s.stats.panics.Add(1)
	c.profile.logger.Error("engine: recovered a panic in a connection's handler; the connection is closed",
		"panic", v, "remote", c.RemoteAddr(), "stack", string(debug.Stack()))
}

// release gives back what c holds of a handshake or message.
func (s *sessions) release(c *Conn) {
	rx := c.rx
	c.rx = nil
	switch {
	case rx == nil:
		s.blank.decoder.Release()
	case rx.opening != nil:
		s.discharge(rx)
		rx.opening.release()
	default:
		s.putReceiver(rx)
	}
	s.releaseTLS(c)
	s.forget(c)
}

// Drained tells a handler that wants to know, and goes on with what had to wait
// until the peer has read.
func (s *sessions) Drained(lc *loop.Conn) {
	c := connOf(lc)
	if c.shaking() {
		return // which goes on by itself
	}
	if s.fragmentsWait(c) {
		return
	}
	if c.onWorkers() {
		s.mail.unpark(c)
	}
	s.tellDrained(c)
	s.goOn(c)
}

func (s *sessions) tellDrained(c *Conn) {
	switch {
	case c.profile.drainer == nil || c.State() != Open:
	case c.onWorkers():
		s.mail.send(c, letter{call: callDrain})
	default:
		defer s.recoverFrom(c)
		c.profile.drainer.OnDrain(c)
	}
}
