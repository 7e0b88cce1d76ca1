package load

import (
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// openedLocked sends the first message, or what became due while there was no
// connection.
func (e *exchange) openedLocked(c *conn) {
	if e.Rate > 0 {
		e.sendLocked(c, nil, clock())
	} else {
		e.sendOneLocked(c, nil, clock())
	}
}

// receivedLocked checks and times a reply, and sends what may follow it.
func (e *exchange) receivedLocked(c *conn, op codec.Opcode, payload []byte, now time.Duration) {
	switch {
	case c.received == c.sent:
		c.failLocked("message that nobody asked for", nil)
		return
	case op != codec.Binary || !e.payloads.match(payload, c.id, c.received):
		c.failLocked("reply differs from what was sent", nil)
		return
	}
	e.group.record.latency.Record(c.id, now-e.begunLocked(c, c.received))
	c.received++
	e.sendLocked(c, payload, now)
	e.restLocked(c)
}

// closedLocked wants no other connection, but where one was asked for and this
// one ended as it should.
func (e *exchange) closedLocked(c *conn) (again bool) {
	return c.parting && !c.lost.Load() && !e.stopped.Load()
}

// restLocked lets c leave, or its connection end, if nothing is outstanding.
func (e *exchange) restLocked(c *conn) {
	switch {
	case c.sent != c.received:
	case e.stopped.Load():
		e.countLateLocked(c)
		c.leave(&e.step)
	case c.sent >= c.last:
		c.leave(&e.step)
	case c.parting:
		c.partLocked()
	}
}

// sendLocked sends all messages that may be sent now. It may use what buf
// holds, but nothing behind it.
func (e *exchange) sendLocked(c *conn, buf []byte, now time.Duration) {
	for e.mayLocked(c, now) {
		buf = e.sendOneLocked(c, buf, now)
	}
}

func (e *exchange) mayLocked(c *conn, now time.Duration) bool {
	return c.sent < c.last && c.sent-c.received < uint64(e.Depth) &&
		c.link != nil && !c.parting && !e.stopped.Load() && c.step.Load() == &e.step &&
		(e.Rate == 0 || e.isDueLocked(c, now))
}

func (e *exchange) sendOneLocked(c *conn, buf []byte, now time.Duration) []byte {
	buf = e.payloads.append(buf[:0:len(buf)], c.id, c.sent)
	if e.Rate == 0 {
		e.sentAt[e.slotLocked(c, c.sent)] = now
	}
	c.sent++
	c.sendLocked(buf)
	return buf
}

// begunLocked gives when the latency of a message begins.
func (e *exchange) begunLocked(c *conn, seq uint64) time.Duration {
	if e.Rate > 0 {
		return e.dueLocked(c, seq)
	}
	return e.sentAt[e.slotLocked(c, seq)]
}

func (e *exchange) slotLocked(c *conn, seq uint64) uint64 {
	return uint64(c.rank)*uint64(e.Depth) + seq%uint64(e.Depth)
}
