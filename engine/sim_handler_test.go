package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
)

// journal is what the handler was told of one connection, and has sent on it.
type journal struct {
	conn        *Conn
	number      int
	link        *sim.Link  // nil if the connection was gone before its OnOpen
	client      *simClient // whose it is, likewise
	opened      int64
	received    int // messages
	echoed      int // of them, that the engine has taken
	late        int // of them, that were handled when it was too late to answer
	pushed      int
	latest      map[string]int // the last number of each key
	latests     int
	firstCast   int // number of the first broadcast after OnOpen
	lastCast    int // one more than the number of the last one that must arrive
	refused     int // sends
	panicked    bool
	closed      bool
	end         *CloseError
	blocked     int64 // since when its socket was seen full, or 0
	paused      int64 // since when it was seen paused for its rate, or 0
	pausedReads int   // reads until then
	reads       int   // reads when the last message came
	meter       simMeter
	context     context.Context // or nil
}

// record is what the handler of a world was told in all.
type record struct {
	journals []*journal
	byConn   map[*Conn]*journal
	byLink   map[*sim.Link]*journal
	open     int
	byAddr   map[netip.Addr]int // open
	begun    map[netip.Addr]int // opened so far
	casts    int                // broadcasts
	castAt   int                // the step of the last one
	taken    int                // messages that the engine has taken to send, but for broadcasts
	refusals int
	panics   int
	missing  int // messages that clients did not get though nothing was amiss
}

func (r *record) init() {
	r.byConn, r.byLink = map[*Conn]*journal{}, map[*sim.Link]*journal{}
	r.byAddr, r.begun = map[netip.Addr]int{}, map[netip.Addr]int{}
}

// simHandler echoes, obeys commands, and checks the order of its calls.
type simHandler struct{ *world }

func (h simHandler) OnOpen(c *Conn) {
	if h.byConn[c] != nil {
		h.fail("OnOpen came twice")
		return
	}
	j := &journal{conn: c, number: len(h.journals), opened: h.sys.Now(), latest: map[string]int{}, firstCast: h.casts}
	if !c.conn.Gone() { // else its descriptor may be another's
		j.link = h.sys.Link(c.conn.FD())
		j.client = h.clients[j.link.Client]
		j.reads = j.link.Reads
		h.byLink[j.link] = j
	}
	h.journals, h.byConn[c] = append(h.journals, j), j
	if c.State() != Open && !h.workers || c.Subprotocol() != "sim" {
		h.fail("in OnOpen: state %v, subprotocol %q", c.State(), c.Subprotocol())
	}
	h.checkAdmitted(j)
	j.meter.start(j)
	if j.number%3 == 0 {
		j.context = c.Context()
	}
}

// checkContext sees to it that the connection's context, if it was asked for
// one, has ended by now, and for the same reason.
func (h simHandler) checkContext(j *journal, end error) {
	if j.context != nil && (j.context.Err() == nil || context.Cause(j.context) != end) {
		h.fail("connection %d: its context ended with %v, OnClose got %v", j.number, context.Cause(j.context), end)
	}
}

func (h simHandler) OnMessage(c *Conn, op codec.Opcode, p []byte) {
	j := h.byConn[c]
	if j == nil || j.closed {
		h.fail("OnMessage came before OnOpen or after OnClose")
		return
	}
	j.meter.check(h.world, j)
	h.checkMessage(j, p)
	j.received++
	switch {
	case bytes.HasPrefix(p, []byte("close ")):
		c.Close(3000, "as you wish")
	case bytes.HasPrefix(p, []byte("panic ")):
		j.panicked = true
		h.panics++
		panic("as you wish")
	default:
		switch err := c.Send(op, p); {
		case h.sent(j, err):
			j.echoed++
		case err == ErrClosed:
			j.late++
		}
	}
	clear(p) // the payload is the handler's until it returns
}

// checkMessage sees to it that what comes is what its own client has sent, in
// that order.
func (h simHandler) checkMessage(j *journal, p []byte) {
	switch c := j.client; {
	case c == nil:
	case j.received > len(c.sent):
		h.fail("client %d: %d messages, but %d came", c.number, len(c.sent), j.received+1)
	case j.received == len(c.sent):
		if !c.ending || c.plan != askToClose && c.plan != askToPanic {
			h.fail("client %d: a message came that was not sent", c.number)
		}
	case !bytes.Equal(p, c.sent[j.received]):
		h.fail("client %d: message %d differs", c.number, j.received)
	}
}

// sent notes what became of a message for a connection, and tells whether the
// engine has taken it.
func (h simHandler) sent(j *journal, err error) bool {
	switch {
	case err == nil:
	case err == ErrOlderDropped && h.SendPolicy == DropOldest:
	case err == ErrBufferFull:
		j.refused++
		h.refusals++
		return false
	case err == ErrClosed && (j.conn.State() != Open || j.link == nil || j.link.Harmed || j.link.Reset):
		return false
	default:
		h.fail("connection %d in state %v: Send: %v", j.number, j.conn.State(), err)
		return false
	}
	h.taken++
	return true
}

func (h simHandler) OnDrain(c *Conn) {
	if j := h.byConn[c]; j == nil || j.closed {
		h.fail("OnDrain came before OnOpen or after OnClose")
	}
	h.saw["OnDrain"]++
}

func (h simHandler) OnClose(c *Conn, err error) {
	j := h.byConn[c]
	if j == nil || j.closed {
		h.fail("OnClose came twice or without OnOpen")
		return
	}
	j.closed = true
	h.checkContext(j, err)
	h.open--
	if j.link != nil {
		h.byAddr[j.client.addr]--
	}
	if c.Send(codec.Binary, nil) != ErrClosed || c.State() != Closed {
		h.fail("in OnClose: a connection in state %v takes messages", c.State())
	}
	end, ok := errors.AsType[*CloseError](err)
	if !ok {
		h.fail("OnClose got %T", err)
		return
	}
	j.end = end
	h.justify(j)
}

// interfere is what other goroutines do between ticks.
func (w *world) interfere() {
	r := w.sys.Rand
	if len(w.journals) > 0 && (r.IntN(20) == 0 || w.floods && r.IntN(4) == 0) {
		j := w.journals[r.IntN(len(w.journals))]
		if w.latest && r.IntN(2) == 0 {
			w.pushLatest(j, r.IntN(3), r.IntN(8<<10))
		} else {
			w.push(j, r.IntN(20<<10))
		}
	}
	if w.broadcasts && w.casts < 40 && r.IntN(40) == 0 {
		for range 1 + r.IntN(3) {
			w.broadcast(r.IntN(2 << 10))
		}
	}
	if w.jumps && w.jumped < 3 && r.IntN(300) == 0 {
		w.jump()
	}
	if w.drains && !w.drained && r.IntN(300) == 0 {
		w.drain()
	}
}

// push sends a numbered message of the server's own accord.
func (w *world) push(j *journal, size int) {
	if j.closed || j.pushed == w.pushes || !w.floods && j.conn.Buffered() > 16<<10 {
		return // or slow readers would be closed, as they should
	}
	b := append(fmt.Appendf(nil, "push %d %d ", j.number, j.pushed), make([]byte, size)...)
	if (simHandler{w}).sent(j, j.conn.Send(codec.Binary, b)) {
		j.pushed++
	}
}

// pushLatest sends a message that replaces earlier ones of its key.
func (w *world) pushLatest(j *journal, key, size int) {
	if j.closed || j.latests == w.pushes || !w.floods && j.conn.Buffered() > 16<<10 {
		return
	}
	k := fmt.Sprint("key", key)
	b := append(fmt.Appendf(nil, "latest %d %d %s ", j.number, j.latest[k]+1, k), make([]byte, size)...)
	if (simHandler{w}).sent(j, j.conn.SendLatest(k, codec.Binary, b)) {
		j.latest[k]++
		j.latests++
	}
}

func (w *world) broadcast(size int) {
	b := append(fmt.Appendf(nil, "cast 0 %d ", w.casts), make([]byte, size)...)
	if err := w.server.Broadcast(codec.Prepare(codec.Binary, b)); err != nil {
		w.fail("broadcast: %v", err)
	}
	w.casts++
	w.castAt = w.steps
}

// castSteps is how long a broadcast may take to reach all that are open.
const castSteps = 6

// checkCast notes who must get the latest broadcast: those that were open when
// it began and still are when it is certain to be over.
func (w *world) checkCast() {
	if w.casts == 0 || w.steps != w.castAt+castSteps {
		return
	}
	for _, j := range w.journals {
		if j.conn.State() == Open && j.firstCast < w.casts {
			j.lastCast = w.casts
		}
	}
}
