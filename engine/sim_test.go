package engine

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
	"github.com/sockeye-ws/sockeye/pool"
)

var (
	simSeeds = flag.Uint64("sim.seeds", 0, "number of seeds that TestSimulation runs; 0: 200, or 40 under the race detector")
	simSeed  = flag.Uint64("sim.seed", 0, "the one seed that TestSimulation runs, if not 0")
)

// TestSimulation runs the real engine in a simulated operating system, with
// clients that do all that clients may do. A seed that fails prints itself:
// run it alone with -run TestSimulation -sim.seed N.
func TestSimulation(t *testing.T) {
	if *simSeed != 0 {
		simulate(t, *simSeed)
		return
	}
	seeds := *simSeeds
	switch {
	case seeds != 0:
	case RaceEnabled:
		seeds = 40
	default:
		seeds = 200
	}
	for seed := uint64(1); seed <= seeds && !t.Failed(); seed++ {
		simulate(t, seed)
	}
}

func FuzzSimulation(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { simulate(t, seed) })
}

// world is one simulation: a server whose loops are ticked by hand, and its
// clients.
type world struct {
	t         *testing.T
	seed      uint64
	sys       *sim.System
	server    *Server
	clients   []*simClient
	listening int
	journal   map[*Conn]*journal
	conns     []*Conn // those of journal, in their order
	drained   bool    // the server was told to shut down
	workers   *simWorkers
}

func simulate(t *testing.T, seed uint64) {
	t.Helper()
	Rest(t)
	w := newWorld(t, seed)
	for step := 0; !w.over(); step++ {
		if step == 200_000 {
			w.fail("no end in sight: %d connections left", w.server.Stats().Connections)
			break
		}
		w.step()
	}
	w.end()
	if n := pool.Lent(); n != 0 {
		w.fail("%d buffers were not given back", n)
	}
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, seed: seed, sys: sim.New(seed), journal: map[*Conn]*journal{}}
	if seed%3 == 0 {
		w.sys.Faults = 1
	}
	if seed%5 == 0 {
		w.sys.Descriptors = 5 + w.sys.Rand.IntN(6)
	}
	o := Options{
		MaxMessage:   maxSimMessage,
		MaxBuffered:  40<<10 + w.sys.Rand.IntN(200<<10),
		CloseTimeout: time.Minute, // some simulated sockets take one byte at a time
		Subprotocols: []string{"sim"},
		Logger:       slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if seed%2 == 0 {
		w.workers = hireWorkers(w.sys.Rand, &o)
	}
	w.server = NewServer(simHandler{w}, o)
	if w.workers != nil {
		w.server.workers = w.workers.workers
	}
	g, err := newGroup(w.sys, 1+w.sys.Rand.IntN(2), w.server)
	if err != nil {
		t.Fatal(err)
	}
	w.server.group = g
	deal := func() *loop.Loop { return g.next().loop }
	w.listening = w.sys.Listen()
	if e := g.sessions[0].loop.Listen(&loop.Listener{FD: w.listening, Deal: deal}); e != 0 {
		t.Fatal(e)
	}
	clients, messages := 1+w.sys.Rand.IntN(6), 30
	if w.sys.Rand.IntN(4) == 0 {
		clients, messages = 40, 2 // coming and going all the time
	}
	for i := range clients {
		w.clients = append(w.clients, newSimClient(w, i, w.sys.Rand.IntN(messages)))
	}
	return w
}

// step lets some clients act, each loop tick, and time pass: little as long
// as somebody is busy, else enough for timers to fire.
func (w *world) step() {
	idle := true
	for _, c := range w.clients {
		if !c.done() {
			idle = idle && c.plan == vanish && c.vanished
			if w.sys.Rand.IntN(3) > 0 {
				c.step()
			}
		}
	}
	w.interfere()
	for _, s := range w.server.group.sessions {
		if err := s.loop.Tick(); err != nil {
			w.fail("tick: %v", err)
		}
	}
	w.workers.step()
	if idle {
		w.sys.Advance(250 * time.Millisecond)
	} else {
		w.sys.Advance(time.Duration(w.sys.Rand.IntN(400)) * time.Microsecond)
	}
}

// interfere is what other goroutines do between ticks.
func (w *world) interfere() {
	if r := w.sys.Rand; len(w.conns) > 0 && r.IntN(20) == 0 {
		c := w.conns[r.IntN(len(w.conns))]
		w.push(c, make([]byte, r.IntN(20<<10)))
	}
	if w.seed%7 == 0 && !w.drained && w.sys.Rand.IntN(300) == 0 {
		w.drained = true
		for _, s := range w.server.group.sessions {
			s.loop.Post(func() { s.drain(func() {}) })
		}
	}
}

// push sends a numbered message of the server's own accord.
func (w *world) push(c *Conn, b []byte) {
	j := w.journal[c]
	if j.pushed == 30 || c.Buffered() > 32<<10 {
		return // or slow readers would be closed, as they should
	}
	err := c.Send(codec.Binary, append(fmt.Appendf(nil, "%d ", j.pushed), b...))
	if err == nil {
		j.pushed++
	} else if err != ErrClosed && err != ErrBufferFull {
		w.fail("push: %v", err)
	}
}

func (w *world) over() bool {
	if w.t.Failed() {
		return true
	}
	for _, c := range w.clients {
		if !c.done() && !(c.plan == vanish && c.vanished) {
			return false
		}
	}
	if w.workers.busy() {
		return false
	}
	st := w.server.Stats()
	return st.Connections == 0 && (w.drained || st.Accepted+st.Shed == uint64(len(w.clients)))
}

// end checks what must hold at last, and that everything was given back.
func (w *world) end() {
	for c, j := range w.journal {
		if !j.closed {
			w.fail("connection %p: OnClose never came (state %v)", c, c.State())
		}
	}
	for _, c := range w.clients {
		c.finish()
	}
	if n := w.server.Stats().Memory; n != 0 && !w.t.Failed() {
		w.fail("%d bytes are counted as held by no connection", n)
	}
	for _, s := range w.server.group.sessions {
		s.loop.Stop()
		if err := s.loop.Run(); err != nil {
			w.fail("run: %v", err)
		}
		if n := len(s.mail.boxes); n != 0 {
			w.fail("%d mailboxes are left", n)
		}
	}
	if n := w.server.admission.taken.Load(); n != 0 {
		w.fail("%d places are not given back", n)
	}
	if n := w.sys.Open(); n != 0 && !w.t.Failed() {
		w.fail("%d descriptors left open", n)
	}
}

func (w *world) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf("seed %d: %s", w.seed, fmt.Sprintf(format, args...))
}

// journal is what the handler was told of one connection.
type journal struct {
	received [][]byte
	pushed   int
	closed   bool
	err      error
}

// simHandler echoes, obeys commands, and checks the order of its calls.
type simHandler struct{ *world }

func (h simHandler) OnOpen(c *Conn) {
	if h.journal[c] != nil {
		h.fail("OnOpen came twice")
	}
	h.journal[c] = new(journal)
	h.conns = append(h.conns, c)
	if c.State() != Open && h.workers == nil || c.Subprotocol() != "sim" {
		h.fail("in OnOpen: state %v, subprotocol %q", c.State(), c.Subprotocol())
	}
}

func (h simHandler) OnMessage(c *Conn, op codec.Opcode, p []byte) {
	j := h.journal[c]
	if j == nil || j.closed {
		h.fail("OnMessage came before OnOpen or after OnClose")
		return
	}
	j.received = append(j.received, bytes.Clone(p))
	switch {
	case bytes.HasPrefix(p, []byte("close ")):
		c.Close(3000, "as you wish")
	case bytes.HasPrefix(p, []byte("panic ")):
		panic("as you wish")
	default:
		if err := c.Send(op, p); err != nil && c.State() == Open && !h.mayFail(c) {
			h.fail("echo: %v", err)
		}
	}
	clear(p) // the payload is the handler's until it returns
}

// mayFail tells that a connection was reset, so that sending may fail.
func (h simHandler) mayFail(c *Conn) bool { return h.sys.WasReset(c.conn.FD()) }

func (h simHandler) OnClose(c *Conn, err error) {
	j := h.journal[c]
	if j == nil || j.closed {
		h.fail("OnClose came twice or without OnOpen")
		return
	}
	j.closed, j.err = true, err
	if c.Send(codec.Binary, nil) != ErrClosed || c.State() != Closed {
		h.fail("in OnClose: a connection in state %v takes messages", c.State())
	}
}
