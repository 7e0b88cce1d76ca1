package engine

import (
	"math"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// end checks what must hold at last, and that everything was given back.
func (w *world) end() {
	for _, j := range w.journals {
		if !j.closed && len(w.failures) == 0 {
			w.fail("connection %d: OnClose never came (state %v)", j.number, j.conn.State())
		}
	}
	for _, c := range w.clients {
		c.finish()
	}
	if len(w.failures) == 0 {
		w.checkStats(w.server.Stats())
		w.checkShutdown()
	}
	for _, s := range w.server.group.sessions {
		s.loop.Stop()
		if err := s.loop.Run(); err != nil {
			w.fail("run: %v", err)
		}
	}
	if len(w.failures) == 0 {
		w.checkLeft()
	}
	w.sum()
}

// checkLeft sees to it that nothing is left.
func (w *world) checkLeft() {
	w.checkContexts(0)
	w.checkForgotten()
	a := w.server.admission
	if taken, surplus := a.taken.Load(), a.surplus.Load(); taken != 0 || surplus != 0 {
		w.fail("%d places are not given back, and %d beyond the limits", taken, surplus)
	}
	if a.addrs != nil {
		for _, addr := range a.addrs.byAddr {
			if addr.conns != 0 {
				w.fail("%v still has %d connections", addr.key, addr.conns)
			}
		}
	}
	for _, s := range w.server.group.sessions {
		if n := len(s.mail.boxes); n != 0 {
			w.fail("%d mailboxes are left", n)
		}
		if n := len(s.contexts.all); n != 0 {
			w.fail("%d connections' contexts are left", n)
		}
	}
	if n := w.sys.Open(); n != 0 {
		w.fail("%d descriptors left open", n)
	}
	if w.sys.Misuse != "" {
		w.fail("misuse: %s", w.sys.Misuse)
	}
}

// checkStats compares the server's counters with what the simulated system and
// the handler have counted.
func (w *world) checkStats(st Stats) {
	equal := func(what string, got, want int) {
		if got != want {
			w.fail("stats: %s is %d, should be %d", what, got, want)
		}
	}
	equal("Connections", int(st.Connections), 0)
	equal("Open", int(st.Open), 0)
	equal("Memory", int(st.Memory), 0)
	if !w.drained { // else the next slice of it may still be set
		equal("Timers", int(st.Timers), 0)
	}
	if !w.secure { // else those that are turned away count as both
		equal("Accepted and Shed", int(st.Accepted+st.Shed), w.sys.Accepts)
	}
	w.checkTLS(st)
	equal("ProxyFailed", int(st.ProxyFailed), 0)
	equal("Opened", int(st.Opened), len(w.journals))
	equal("BytesOut", int(st.BytesOut), w.sys.BytesWritten)
	equal("Panics", int(st.Panics), w.panics)
	cast := int(st.MessagesOut) - w.taken
	if cast < 0 || cast > w.casts*len(w.journals) || int(st.BytesIn) > w.sys.BytesRead {
		w.fail("stats: MessagesOut is %d, %d were taken; BytesIn is %d, %d were read", st.MessagesOut, w.taken, st.BytesIn, w.sys.BytesRead)
	}
	if w.casts == 0 {
		equal("Dropped", int(st.Dropped), w.refusals)
	}
	w.checkMissing(st)
}

// checkMissing sees to it that what clients did not get was counted as
// dropped: all of it, if nothing else happened to any of them.
func (w *world) checkMissing(st Stats) {
	dropped, untouched := int(st.DroppedOlder+st.Replaced), w.casts == 0 && len(w.journals) == len(w.clients)
	for _, c := range w.clients {
		untouched = untouched && c.strict() && !c.early()
	}
	if w.missing > dropped || untouched && w.missing < dropped {
		w.fail("stats: %d messages are missing, but %d were dropped", w.missing, dropped)
	}
}

// sum notes what has happened, for the test as a whole to see that everything
// does.
func (w *world) sum() {
	st := w.server.Stats()
	for what, n := range map[string]uint64{
		"Stats.Shed": st.Shed, "Stats.Refused": st.Refused, "Stats.Dropped": st.Dropped, "Stats.DroppedOlder": st.DroppedOlder,
		"Stats.Replaced": st.Replaced, "Stats.MemoryShed": st.MemoryShed, "Stats.Panics": st.Panics,
		"broadcasts": uint64(w.casts),
	} {
		w.saw[what] += int(n)
	}
	if w.drained {
		w.saw["shutdowns"]++
	}
}

// shutdownWatch is what a shutdown must keep to.
type shutdownWatch struct {
	began int64
	slots []int // of each loop when it began
	done  int   // loops
}

// drain tells the server to shut down, as Server.Shutdown does.
func (w *world) drain() {
	w.drained = true
	w.shutdown = &shutdownWatch{began: w.sys.Now()}
	for _, s := range w.server.group.sessions {
		s.loop.Post(func() {
			w.shutdown.slots = append(w.shutdown.slots, s.loop.Slots())
			s.drain(func() { w.shutdown.done++ })
		})
	}
}

// checkPace comes with each step: the connections that are told to go are no
// more than the time that has passed allows, and all of them at last.
func (w *world) checkPace() {
	d := w.shutdown
	if d == nil || len(d.slots) < w.loops || w.jumped > 0 {
		return
	}
	open, told := 0, 0
	for _, j := range w.journals {
		if j.conn.State() == Open {
			open++
		}
		if j.goneAway() {
			told++
		}
	}
	passed := w.since(d.began)
	if open > 0 && passed > w.ShutdownSpread+slack {
		w.fail("shutdown: %d connections are still open after %v", open, passed)
	}
	if most := d.due(w.ShutdownSpread, passed); float64(told) > most+0.01 {
		w.fail("shutdown: %d connections are closed after %v, %.1f were due", told, passed, most)
	}
}

// due gives how many connections may have been told to go.
func (d *shutdownWatch) due(spread, passed time.Duration) (most float64) {
	if spread < 100*time.Millisecond {
		return math.Inf(1)
	}
	for _, n := range d.slots {
		most += float64(newDeparture(n, spread).slice) + float64(n)*passed.Seconds()/spread.Seconds()
	}
	return most
}

// goneAway tells that the server has told a peer that it shuts down.
func (j *journal) goneAway() bool {
	end := j.conn.ending()
	return end != nil && end.Code == codec.CloseGoingAway && !end.Remote
}

// checkShutdown sees to it that a shutdown has come to its end, and told all.
func (w *world) checkShutdown() {
	if d := w.shutdown; d != nil && d.done != w.loops {
		w.fail("shutdown: %d of %d loops are done", d.done, w.loops)
	}
}
