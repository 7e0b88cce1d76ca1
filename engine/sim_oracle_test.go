package engine

import (
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// slack is how late the simulated loops may notice that a time is over.
const slack = 2 * time.Second

// checkAdmitted sees to it that no more connections are open than are allowed.
func (w *world) checkAdmitted(j *journal) {
	w.open++
	if w.MaxConns > 0 && w.open > w.MaxConns {
		w.fail("%d connections are open, %d are allowed", w.open, w.MaxConns)
	}
	w.checkTold(j)
	if j.client == nil {
		return
	}
	from := j.client.addr
	w.byAddr[from]++
	w.begun[from]++
	if n := w.byAddr[from]; w.MaxConnsPerAddr > 0 && n > w.MaxConnsPerAddr {
		w.fail("%d connections of one address are open, %d are allowed", n, w.MaxConnsPerAddr)
	}
	if rate := w.MaxConnRatePerAddr; rate > 0 && float64(w.begun[from]) > w.allowance(rate, w.began)+0.01 {
		w.fail("%d connections of one address in %v, %d are allowed in a second", w.begun[from], w.since(w.began), rate)
	}
}

// tickLag is how much later it may be in a tick than the loop reckons, which
// looks at the clock once: calls take their time.
const tickLag = 5 * time.Millisecond

// allowance is how much a rate allows from a time until now at most.
func (w *world) allowance(rate int, from int64) float64 {
	return float64(rate) * (1 + (w.since(from) + tickLag).Seconds())
}

// simMeter checks what the engine reads from a connection that has a rate:
// nothing more once it has used up what is allowed.
type simMeter struct {
	read, reads, messages int // as of OnOpen, or of the last read
	started               bool
}

func (m *simMeter) start(j *journal) {
	if j.link != nil {
		m.read, m.reads = j.link.Read, j.link.Reads
	}
}

// check comes before each message. What came with the handshake is not counted.
func (m *simMeter) check(w *world, j *journal) {
	l := j.link
	if w.workers || l.Reads == m.reads {
		return
	}
	m.reads = l.Reads
	if !m.started {
		m.started, m.messages = true, j.received
	}
	before := l.Read - l.LastSize - m.read
	if rate := w.MaxByteRate; rate > 0 && !w.secure && float64(before) > w.allowance(rate, j.opened)+1 {
		w.fail("read on after %d bytes in %v, %d are allowed in a second", before, w.since(j.opened), rate)
	}
	messages := j.received - m.messages
	if rate := w.MaxMessageRate; rate > 0 && float64(messages) > w.allowance(rate, j.opened)+1 {
		w.fail("read on after %d messages in %v, %d are allowed in a second", messages, w.since(j.opened), rate)
	}
}

// checkMemory sees to it that too much memory is held for no longer than it
// takes each loop to free its part.
func (w *world) checkMemory() {
	if w.MaxMemory < 0 {
		return
	}
	if w.server.Stats().Memory <= w.MaxMemory {
		w.overspent = 0
		return
	}
	w.saw[overBudget]++
	if w.overspent++; w.overspent > 6*(w.loops+1) {
		w.fail("%d bytes of memory are held, %d are allowed", w.server.Stats().Memory, w.MaxMemory)
	}
}

// checkLate sees to it that what must end in time does.
func (w *world) checkLate() {
	if w.quiet < leapAfter && w.steps%16 != 0 {
		return
	}
	for _, c := range w.clients {
		if l := c.link; l == nil || !l.Accepted || l.Closed {
			continue
		}
		switch j := w.byLink[c.link]; {
		case j == nil:
			if d := w.since(max(c.link.AcceptedAt, c.link.Jumped)); d > DefaultHandshakeTimeout+w.CloseTimeout+slack {
				w.fail("client %d: handshake not over after %v", c.number, d)
			}
		case j.conn.State() == Open && w.quiet > 0:
			c.checkStay(j)
		}
	}
}

// checkStay sees to it that a client which takes nothing, or has vanished, does
// not stay for longer than it may.
func (c *simClient) checkStay(j *journal) {
	w, l := c.w, c.link
	c.checkPause(j)
	switch {
	case !j.conn.conn.Blocked():
		j.blocked = 0
		if d := w.since(max(l.LastRead, l.LastWrite, l.Jumped)); c.plan == vanish && c.inert && d > 3*w.IdleTimeout+5*time.Minute {
			w.fail("client %d vanished %v ago", c.number, d)
		}
	case j.blocked == 0:
		j.blocked = w.sys.Now()
	default:
		if d := w.since(max(j.blocked, l.LastWrite, l.Jumped)); d > w.WriteTimeout+slack {
			w.fail("client %d has taken nothing for %v, allowed are %v", c.number, d, w.WriteTimeout)
		}
	}
}

// checkPause sees to it that a client which was too fast is read from again in
// time.
func (c *simClient) checkPause(j *journal) {
	w := c.w
	if w.RatePolicy != PauseFast || !j.conn.sessions().paused(j.conn) {
		j.paused = 0
		return
	}
	w.saw[pausedForRate]++
	if j.paused == 0 || j.pausedReads != c.link.Reads {
		j.paused, j.pausedReads = w.sys.Now(), c.link.Reads
	}
	most := slack // for all that it has sent
	if w.MaxMessageRate > 0 {
		most += time.Second * time.Duration(c.frames) / time.Duration(w.MaxMessageRate)
	}
	if w.MaxByteRate > 0 {
		most += time.Second * time.Duration(c.bytes) / time.Duration(w.MaxByteRate)
	}
	if d := w.since(j.paused); d > most && c.link.Jumped == 0 {
		w.fail("client %d has not been read from for %v because of its rate, %v would do", c.number, d, most)
	}
}

// justify checks the reason for which a connection has ended, by what the
// simulated system and its clients know.
func (w *world) justify(j *journal) {
	end, l := j.end, j.link
	if l == nil {
		return
	}
	err, c := end.Err, j.client
	violation, violated := errors.AsType[*codec.Error](err)
	errno, failed := errors.AsType[syscall.Errno](err)
	var just bool
	switch {
	case err == nil:
		just = end.Clean
	case violated:
		just = c.plan == violate && (violation.Code == end.Code || w.drained)
	case failed:
		just = l.Harmed || l.Reset || errno == syscall.EPIPE && c.gone
	case err == ErrPanic:
		just = j.panicked && end.Code == codec.CloseInternalError
	case err == ErrRate:
		just = w.RatePolicy == CloseFast && c.tooFast(j)
	case err == ErrMemory:
		just = w.MaxMemory > 0 && w.saw[overBudget] > 0
	case err == ErrBufferFull:
		just = w.SendPolicy == CloseSlow && (j.refused > 0 || w.casts > 0)
	case err == ErrWriteTimeout:
		just = c.unreliable() && w.since(l.LastWrite) >= w.WriteTimeout-20*time.Millisecond
	case err == ErrIdleTimeout:
		just = c.unreliable() && w.since(l.LastRead) >= w.IdleTimeout-20*time.Millisecond
	case err == ErrCloseTimeout:
		just = l.Harmed || c.unreliable() && w.since(j.opened) >= w.CloseTimeout-20*time.Millisecond
	case err == io.ErrUnexpectedEOF:
		just = l.Harmed || c.gone || c.finished || c.done()
	}
	if !just {
		w.fail("client %d, %v: OnClose got %v (clean: %v) %v after OnOpen", c.number, c.plan, end, end.Clean, w.since(j.opened))
	}
	w.saw["OnClose: "+reason(err)]++
}

func reason(err error) string {
	switch {
	case err == nil:
		return "clean"
	case errors.Is(err, ErrBufferFull):
		return "reads too slowly"
	}
	if _, ok := errors.AsType[*codec.Error](err); ok {
		return "violation"
	}
	return err.Error()
}

// policy tells that the server has ended a connection by a rule of its own,
// for which its client may miss something.
func (w *world) policy(j *journal) bool {
	if j == nil || j.end == nil {
		return w.workers // perhaps it had ended before its OnOpen
	}
	if j.end.Err != nil && w.server.Stats().MemoryShed > 0 {
		return true // perhaps it was already ending
	}
	switch j.end.Err {
	case ErrRate, ErrMemory, ErrBufferFull, ErrWriteTimeout, ErrIdleTimeout, ErrCloseTimeout:
		return true
	}
	return false
}

// jump makes the clock jump. Meanwhile the clients answer what they have got.
func (w *world) jump() {
	w.jumped++
	d := between(w.sys.Rand, time.Second, 3*time.Hour)
	if once(w.sys.Rand, 10) {
		d = between(w.sys.Rand, 24*time.Hour, 200*time.Hour) // beyond the reach of timers
	}
	w.sys.Jump(d)
	w.sys.Calm = true
	for range 3 {
		for _, c := range w.clients {
			c.step()
		}
	}
}
