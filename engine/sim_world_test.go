package engine

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
)

// world is one simulation: a server whose loops are ticked by hand, and its
// clients.
type world struct {
	*simFeatures
	seed      uint64
	sys       *sim.System
	server    *Server
	clients   []*simClient
	listening int
	staff     *simWorkers // nil if handlers run on the loops
	shakers   *simHandshakers
	record
	failures []string

	began     int64
	steps     int
	quiet     int  // steps since anything moved
	drained   bool // the server was told to shut down
	shutdown  *shutdownWatch
	jumped    int
	readBuf   []byte // of the clients
	overspent int    // ticks for which too much memory was held
	saw       map[string]int
}

// simResult is what is left of a world.
type simResult struct {
	failures []string
	trace    uint64
	faults   [sim.NumFaults]int
	saw      map[string]int
}

// simulate runs one seed to its end.
func simulate(seed uint64) (result simResult) {
	w := newWorld(seed)
	defer func() {
		if v := recover(); v != nil {
			w.fail("panic: %v\n%s", v, debug.Stack())
		}
		result = simResult{w.failures, w.sys.Trace(), w.sys.Faults, w.saw}
	}()
	w.build()
	for !w.over() {
		w.step()
	}
	w.end()
	return
}

func newWorld(seed uint64) *world {
	w := &world{
		simFeatures: chooseFeatures(seed), seed: seed, sys: sim.New(seed), saw: map[string]int{},
		readBuf: make([]byte, 32<<10),
	}
	w.record.init()
	return w
}

func (w *world) build() {
	w.sys.Advance(chooseStart(w.sys.Rand))
	w.began = w.sys.Now()
	w.server = NewServer(simHandler{w}, w.Options)
	if w.workers {
		w.staff = hireWorkers(w.sys.Rand, w.Workers)
		w.server.workers = w.staff.workers
	}
	w.shakers = hireHandshakers(w.sys.Rand, w.server)
	g, err := newGroup(w.sys, w.loops, w.server)
	if err != nil {
		panic(err)
	}
	w.server.group = g
	for _, s := range g.sessions {
		s.share = w.share
	}
	g.deflaters.start = func(work func()) { g.sessions[0].loop.Post(work) }
	w.listening = w.sys.Listen()
	deal := func() *loop.Loop { return g.next().loop }
	for e := loop.Errno(1); e != 0; {
		e = g.sessions[0].loop.Listen(&loop.Listener{FD: w.listening, Deal: deal, Accepted: acceptor(w.tlsConfig())})
	}
	w.sys.Harm, w.sys.Starvation, w.sys.Descriptors = w.harm, w.starvation, w.descriptors
	for i := range w.simFeatures.clients {
		w.clients = append(w.clients, newSimClient(w, i))
	}
}

const (
	calmAfter = 3  // steps without progress, after which chance holds nobody up
	leapAfter = 6  // steps after which time leaps to the next deadline
	hopeless  = 40 // steps after which nobody will act any more
	maxSteps  = 300_000
	maxTime   = 3 * time.Hour // without jumps
)

// step lets some clients act, each loop tick, and time pass: little as long
// as anything moves, else until the first deadline.
func (w *world) step() {
	before := w.sys.Progress
	w.sys.Calm = w.quiet >= calmAfter
	for _, c := range w.clients {
		if w.sys.Calm || w.sys.Rand.IntN(3) > 0 {
			c.step()
		}
	}
	w.interfere()
	for _, s := range w.server.group.sessions {
		if err := s.loop.Tick(); err != nil {
			w.fail("tick: %v", err)
		}
		w.checkMemory()
		s.each(func(c *Conn) {
			if c.conn.Yielded() {
				w.saw[turnAwaited]++
			}
		})
	}
	if w.staff.step(w.sys.Calm) {
		w.sys.Progress++
	}
	if w.shakers.step(w.sys.Calm) {
		w.sys.Progress++
	}
	w.checkLate()
	w.checkPace()
	w.checkContexts(w.contextLimit())
	w.checkCast()
	w.steps++
	w.quiet++
	if w.sys.Progress != before {
		w.quiet = 0
	}
	if until, idle := w.sys.Idle(); idle && w.quiet >= leapAfter {
		w.leap(until)
		return
	}
	w.sys.Advance(time.Duration(w.sys.Rand.IntN(400)) * time.Microsecond)
}

// leap moves the time to where something is to happen, as nothing will before.
func (w *world) leap(until int64) {
	for _, c := range w.clients {
		if at := c.wakes(); at >= 0 && (until < 0 || at < until) {
			until = at
		}
	}
	if until < 0 && w.quiet > hopeless && !w.over() {
		w.fail("nothing moves, and no wait has an end: %s", w.remaining())
	}
	w.sys.Advance(max(time.Duration(until-w.sys.Now()), time.Millisecond))
}

func (w *world) over() bool {
	switch {
	case len(w.failures) > 0:
		return true
	case w.steps > maxSteps || w.jumped == 0 && time.Duration(w.sys.Now()-w.began) > maxTime:
		w.fail("no end in sight after %d steps and %v: %s", w.steps, time.Duration(w.sys.Now()-w.began), w.remaining())
		return true
	}
	for _, c := range w.clients {
		if !c.done() {
			return false
		}
	}
	return !w.staff.busy() && w.sys.Served == 0 && w.sys.Waiting(w.listening) == 0 && w.server.Stats().Connections == 0
}

// remaining says what a world that does not end waits for.
func (w *world) remaining() (text string) {
	for i, c := range w.clients {
		if !c.done() {
			text += fmt.Sprintf("client %d: %v, %d of %d echoes, try %d; ", i, c.plan, c.echoes, len(c.sent), c.tries)
		}
	}
	return fmt.Sprintf("%s%d connections, %d waiting, workers busy: %v", text, w.sys.Served, w.sys.Waiting(w.listening), w.staff.busy())
}

func (w *world) fail(format string, args ...any) {
	if len(w.failures) < 5 {
		w.failures = append(w.failures, fmt.Sprintf(format, args...))
	}
}

// since gives the virtual time that has passed since at.
func (w *world) since(at int64) time.Duration { return time.Duration(w.sys.Now() - at) }
