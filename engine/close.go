package engine

import (
	"io"
	"syscall"
	"unicode/utf8"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// Close starts the close handshake (RFC 6455 section 7.1.2): what was sent
// before still goes out, then a Close frame, which the peer has to answer
// within Options.CloseTimeout. No message is delivered any more; OnClose
// comes at the end. The code must be one that may be sent, or
// codec.CloseNoStatus for a Close frame without one; the reason is cut to 123
// bytes. The error is [ErrClosed] or a *[MisuseError].
//
// It may be called in every hook. The first Close counts, ours or the peer's:
// whoever comes later gets [ErrClosed], and changes nothing.
func (c *Conn) Close(code codec.CloseCode, reason string) error {
	switch {
	case !code.Sendable() && code != codec.CloseNoStatus:
		return ErrCloseCode
	case !utf8.ValidString(reason):
		return ErrInvalidUTF8
	}
	c.conn.Lock()
	defer c.conn.Unlock()
	if err := c.openLocked(); err != nil {
		return err
	}
	_, sent, _ := codec.ParseClosePayload(codec.AppendClosePayload(nil, code, reason))
	c.conn.MuteLocked()
	c.beginCloseLocked(&CloseError{Code: code, Reason: string(sent)})
	if b := c.outboxLocked(); b != nil {
		b.closing = true
		return nil
	}
	c.closeFrameLocked()
	return nil
}

// Abort ends the connection at once, without a Close frame, and without
// sending what is still unsent, also of messages that Send has taken. OnClose
// comes with [ErrAborted], and with 1006 unless a Close was under way. It may be
// called in every hook; more than once, or in OnClose, it changes nothing.
func (c *Conn) Abort() {
	c.conn.Lock()
	if c.end == nil {
		c.end = &CloseError{Code: codec.CloseAbnormal}
	}
	c.conn.MuteLocked()
	if c.end.Err == nil && !c.end.Clean && c.State() != Closed {
		c.end.Err = ErrAborted
	}
	if c.State() == Open {
		c.setStateLocked(Closing)
	}
	c.conn.Unlock()
	c.conn.Loop().Post(c.conn.Abort)
}

// closeLocked sends the Close frame that end describes, at once: what is not
// compressed yet goes before it as it is.
func (c *Conn) closeLocked(end *CloseError) {
	c.flushOutboxLocked()
	c.beginCloseLocked(end)
	c.closeFrameLocked()
}

// beginCloseLocked makes c one that is closing, as end describes.
func (c *Conn) beginCloseLocked(end *CloseError) {
	c.end = end
	c.conn.AttendLocked() // before the state: a timer must not take itself for that of closing
	c.setStateLocked(Closing)
	c.conn.DropLatestLocked()
}

// closeFrameLocked sends the Close frame of a connection that is closing.
func (c *Conn) closeFrameLocked() {
	b := c.conn.RoomLocked(codec.MaxHeaderSize + 125)
	if c.profile.client {
		b = codec.AppendMaskedClose(b, c.end.Code, c.end.Reason, newMask())
	} else {
		b = codec.AppendClose(b, c.end.Code, c.end.Reason)
	}
	c.conn.CommitLocked(b, nil)
}

func (c *Conn) setStateLocked(s State) { c.conn.SetStateLocked(uint8(s)) }

// Attended gives the peer the time to answer our Close, or to take what its
// socket had no room for.
func (s *sessions) Attended(lc *loop.Conn) {
	switch c := connOf(lc); {
	case c.State() == Closing && !lc.Finishing():
		lc.SetTimer(c.profile.closeTimeout)
		if s.paused(c) {
			s.unpause(c) // the answer may be behind what came too fast
		}
		if c.onWorkers() {
			s.resume(c) // the answer may be behind what is not delivered any more
		}
	case c.State() == Open:
		c.watchWrites(lc.Stalled())
	}
}

// peerClosed answers the peer's Close frame, or takes it as the answer to ours.
func (s *sessions) peerClosed(c *Conn, payload []byte) {
	code, reason, _ := codec.ParseClosePayload(payload) // the decoder has checked it
	c.conn.Lock()
	if c.State() == Open {
		c.closeLocked(&CloseError{Code: code, Reason: string(reason), Remote: true})
	}
	c.flushOutboxLocked()
	c.end.Clean = c.end.Code != codec.CloseAbnormal // which Abort has set
	c.conn.Unlock()
	s.finish(c, loop.Silent)
}

// violated ends a connection whose peer broke the protocol, or sends too much.
func (s *sessions) violated(c *Conn, err *codec.Error) {
	s.fail(c, err.Code, err.Reason, err)
}

// peerAfter tells what is to be expected of a peer that is told of a failure:
// one that sends more than it may is often in the middle of it.
func peerAfter(err error) loop.Peer {
	switch err {
	case codec.ErrMessageTooBig, ErrRate, ErrMemory:
		return loop.Talking
	}
	return 0
}

// fail tells the peer why its connection ends, and ends it without waiting for
// an answer (RFC 6455 section 7.1.7).
func (s *sessions) fail(c *Conn, code codec.CloseCode, reason string, err error) {
	c.conn.Lock()
	if c.State() == Open {
		c.closeLocked(&CloseError{Code: code, Reason: reason})
	}
	c.flushOutboxLocked()
	if c.end.Err == nil {
		c.end.Err = err
	}
	c.conn.Unlock()
	s.finish(c, peerAfter(err))
}

// finish ends c once everything is sent. A client leaves it to the server to
// end the stream first, RFC 6455 section 7.1.1.
func (s *sessions) finish(c *Conn, peer loop.Peer) {
	s.release(c)
	if c.profile.client {
		peer |= loop.EndsFirst
	}
	c.conn.Finish(c.profile.closeTimeout, peer)
}

// Ended comes when the peer has ended its stream without a Close frame, or
// without answering ours. It may still be reading its answers.
func (s *sessions) Ended(lc *loop.Conn) {
	c := connOf(lc)
	if c.State() == Connecting && c.profile.client {
		s.cut(c, errNoAnswer)
		return
	}
	if c.endBehindStep() {
		return
	}
	if c.onWorkers() && s.mail.endLater(c) {
		return // it may still be answered
	}
	if c.endBehindOutbox() {
		return
	}
	lc.Lock()
	switch c.State() {
	case Open:
		c.end = &CloseError{Code: codec.CloseAbnormal, Err: io.ErrUnexpectedEOF}
		c.setStateLocked(Closing)
	case Closing:
		if c.end.Err == nil {
			c.end.Err = io.ErrUnexpectedEOF
		}
	}
	lc.Unlock()
	s.release(c)
	lc.Finish(c.profile.closeTimeout, 0)
}

// Closed is the end of a connection.
func (s *sessions) Closed(lc *loop.Conn, e loop.Errno) {
	c := connOf(lc)
	defer s.checkDrained() // even if OnClose ends the goroutine
	s.remotes.put(lc.Slot(), remote{})
	if State(lc.State()) == passedOn {
		s.release(c)
		return
	}
	if c.profile.client {
		defer clientLoops.done(s)
	}
	addr := s.guests.take(lc.Slot())
	if !c.profile.client && !c.onWorkers() {
		c.leave(addr)
	}
	before, end := s.ended(c, e)
	s.contexts.end(c, end)
	if before == Connecting && c.profile.client {
		c.rx.opening.attempt.finish(dialError(end.Err))
	}
	s.release(c)
	s.endTLS(c)
	opened := before == Open || before == Closing
	if opened {
		s.stats.open.Add(-1)
	}
	switch {
	case c.onWorkers():
		s.mail.depart(c, addr, opened)
	case opened:
		s.tellClosed(c, end)
	}
}

// ended brings c to its last state, and gives the one before.
func (s *sessions) ended(c *Conn, e loop.Errno) (before State, end *CloseError) {
	c.conn.Lock()
	defer c.conn.Unlock()
	before = State(c.conn.State())
	c.setStateLocked(Closed)
	c.dropOutboxLocked()
	c.profile.deflation.releaseLocked()
	if c.end == nil {
		c.end = &CloseError{Code: codec.CloseAbnormal, Err: io.ErrUnexpectedEOF}
		if e != 0 {
			c.end.Err = e
		}
	}
	switch {
	case c.end.Err != nil || c.end.Clean:
	case e == syscall.ETIMEDOUT:
		c.end.Err = ErrCloseTimeout
	case e != 0:
		c.end.Err = e
	}
	return before, c.end
}

func (s *sessions) tellClosed(c *Conn, end *CloseError) {
	defer s.recoverFrom(c)
	c.profile.handler.OnClose(c, end)
}
