package sim

import (
	"slices"
	"syscall"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// poller reports what is ready in any order, some of it later, and now and
// then what is not.
type poller struct {
	system   *System
	watches  []*watch
	late     []loop.Handle // of registrations that have ended
	deadline int64         // of the last Wait
	reported bool          // something, by the last Wait
}

// watch is a registration. It dies with its file.
type watch struct {
	poller *poller
	file   watched
	handle loop.Handle
	want   loop.Interest
	ended  bool
}

type watched interface {
	ready() loop.Interest
	hungUp() bool
}

// maxLate is how many ended registrations are remembered.
const maxLate = 16

// NewPoller makes a poller.
func (s *System) NewPoller() (loop.Poller, error) {
	p := &poller{system: s, deadline: -1}
	s.pollers = append(s.pollers, p)
	return p, nil
}

// Idle tells that all loops wait, and until when they do if nothing comes
// before; negative if for ever.
func (s *System) Idle() (until int64, ok bool) {
	until = -1
	for _, p := range s.pollers {
		if p.reported || p.deadline >= 0 && p.deadline <= s.now {
			return 0, false
		}
		if p.deadline >= 0 && (until < 0 || p.deadline < until) {
			until = p.deadline
		}
	}
	return until, true
}

// place gives where the registration of a file is kept.
func place(file any) **watch {
	switch f := file.(type) {
	case *socket:
		return &f.watch
	case *listener:
		return &f.watch
	}
	return nil
}

func (p *poller) Add(fd int, h loop.Handle, want loop.Interest) loop.Errno {
	f := p.system.file(fd)
	at := place(f)
	switch {
	case at == nil:
		return p.system.misuse("watching", fd)
	case *at != nil:
		p.system.misuse("watching twice", fd)
		return syscall.EEXIST
	}
	if e := p.inject(add, f); e != 0 {
		return e
	}
	*at = &watch{poller: p, file: f.(watched), handle: h, want: want}
	p.watches = append(p.watches, *at)
	p.late = slices.DeleteFunc(p.late, func(gone loop.Handle) bool { return gone == h })
	return 0
}

// inject decides whether a call for a file fails.
func (p *poller) inject(c call, file any) loop.Errno {
	e := p.system.inject(c)
	if k, ok := file.(*socket); ok && e != 0 {
		k.harm(e)
	}
	p.system.note(7, int(c), 0, e)
	return e
}

func (p *poller) Modify(fd int, h loop.Handle, want loop.Interest) loop.Errno {
	w := p.of(fd)
	if w == nil {
		return syscall.ENOENT
	}
	if e := p.inject(modify, p.system.file(fd)); e != 0 {
		return e
	}
	w.handle, w.want = h, want
	return 0
}

func (p *poller) Remove(fd int) loop.Errno {
	w := p.of(fd)
	if w == nil {
		return syscall.ENOENT
	}
	*place(p.system.file(fd)) = nil
	w.end()
	return 0
}

// of gives the registration of a descriptor, if it is with p.
func (p *poller) of(fd int) *watch {
	if at := place(p.system.file(fd)); at != nil && *at != nil && (*at).poller == p {
		return *at
	}
	return nil
}

// end ends a registration, if there is one.
func (w *watch) end() {
	if w == nil || w.ended {
		return
	}
	w.ended = true
	p := w.poller
	if len(p.late) == maxLate {
		p.late = p.late[1:]
	}
	p.late = append(p.late, w.handle)
}

// Wait never waits: time passes only by [System.Advance].
func (p *poller) Wait(events []loop.Event, deadline int64) (int, error) {
	s := p.system
	p.deadline, p.reported = deadline, true
	if s.inject(wait) != 0 {
		return 0, nil // as if nothing had come
	}
	p.watches = slices.DeleteFunc(p.watches, func(w *watch) bool { return w.ended })
	s.Rand.Shuffle(len(p.watches), func(i, j int) { p.watches[i], p.watches[j] = p.watches[j], p.watches[i] })
	got := events[:0]
	for _, w := range p.watches {
		got = p.report(got, w)
	}
	if len(p.late) > 0 && s.chance(stale) {
		s.Faults[EventStale]++
		got = append(got, loop.Event{Handle: p.late[s.Rand.IntN(len(p.late))], Ready: loop.Readable | loop.Writable})
	}
	for i, ev := range got {
		if i > 0 && ev.Handle.Gen < got[i-1].Handle.Gen {
			s.Faults[ReadyReordered]++
		}
		s.note(8, int(ev.Handle.Slot), int(ev.Ready), loop.Errno(ev.Handle.Gen))
	}
	p.reported = len(got) > 0
	return len(got), nil
}

// report appends what is to be reported of w.
func (p *poller) report(events []loop.Event, w *watch) []loop.Event {
	s := p.system
	ready := w.file.ready()
	if w.file.hungUp() {
		ready = loop.Readable | loop.Writable
	} else {
		ready &= w.want
	}
	switch {
	case len(events)+2 >= cap(events):
		return events
	case ready == 0 && (w.want == 0 || s.Calm || !s.chance(spurious)):
		return events
	case ready == 0:
		s.Faults[ReadySpurious]++
		ready = w.want
	case !s.Calm && s.chance(late):
		s.Faults[ReadyLate]++
		return events
	}
	if both := loop.Readable | loop.Writable; ready == both && s.chance(500) {
		return p.split(events, w)
	}
	return append(events, loop.Event{Handle: w.handle, Ready: ready})
}

// split reports both readinesses one by one, as kqueue does.
func (p *poller) split(events []loop.Event, w *watch) []loop.Event {
	p.system.Faults[ReadySplit]++
	first := loop.Readable
	if p.system.chance(500) {
		first = loop.Writable
	}
	second := (loop.Readable | loop.Writable) &^ first
	return append(events, loop.Event{Handle: w.handle, Ready: first}, loop.Event{Handle: w.handle, Ready: second})
}

func (p *poller) Wake()        {}
func (p *poller) Close() error { return nil }
