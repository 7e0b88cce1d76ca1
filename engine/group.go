package engine

import (
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// group is a number of loops that share the connections.
type group struct {
	sessions  []*sessions
	deflaters *deflaters
	turn      atomic.Uint32
	running   sync.WaitGroup
}

// newGroup makes n loops that do not run yet.
func newGroup(system loop.System, n int, owner *Server) (*group, error) {
	g := &group{deflaters: newDeflaters()}
	for range orDefault(n, runtime.GOMAXPROCS(0)) {
		s := &sessions{owner: owner, blank: new(receiver), deflaters: g.deflaters, share: turnWork}
		if owner != nil {
			s.mail.workers = owner.workers
		}
		l, err := loop.New(system, s)
		if err != nil {
			g.start(slog.Default())
			g.stop()
			return nil, err
		}
		s.loop = l
		g.sessions = append(g.sessions, s)
	}
	return g, nil
}

func (g *group) start(logger *slog.Logger) {
	for i, s := range g.sessions {
		g.running.Go(func() {
			label(s.role(), "sockeye.loop", strconv.Itoa(i))
			if err := s.loop.Run(); err != nil {
				logger.Error("engine: an event loop failed, and its connections with it", "error", err)
			}
		})
	}
}

func (s *sessions) role() string {
	if s.owner == nil {
		return roleClientLoop
	}
	return roleLoop
}

// stop cuts what is still open and ends the loops.
func (g *group) stop() {
	for _, s := range g.sessions {
		s.loop.Post(s.cutAll)
		s.loop.Stop()
	}
	g.running.Wait()
	g.deflaters.stop()
}

// all runs f on every loop; the channel is closed when each has called done.
func (g *group) all(f func(s *sessions, done func())) <-chan struct{} {
	var left sync.WaitGroup
	for _, s := range g.sessions {
		left.Add(1)
		if !s.loop.Post(func() { f(s, left.Done) }) {
			left.Done()
		}
	}
	done := make(chan struct{})
	go func() {
		label(roleShutdown)
		left.Wait()
		close(done)
	}()
	return done
}

// next gives each loop its turn.
func (g *group) next() *sessions {
	return g.sessions[g.turn.Add(1)%uint32(len(g.sessions))]
}

// Failed cuts the connections of a loop that cannot go on, and ends its server.
func (s *sessions) Failed(err error) {
	err = fmt.Errorf("engine: an event loop failed, and its connections with it: %w", err)
	s.each(func(c *Conn) { s.cut(c, err) })
	if s.owner != nil {
		s.owner.fail(err)
	}
}

func (s *sessions) cutAll() {
	s.each(func(c *Conn) { s.cut(c, ErrServerClosed) })
}

// each visits the connections of a loop.
func (s *sessions) each(f func(*Conn)) {
	for i := range s.loop.Slots() {
		if c := s.loop.Conn(i); c != nil {
			f(connOf(c))
		}
	}
}
