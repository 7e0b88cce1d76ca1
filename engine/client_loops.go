package engine

import (
	"log/slog"
	"sync"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// clientLoops are the loops of clients that run on no server's. They start
// with the first connection and end with the last.
var clientLoops sharedLoops

type sharedLoops struct {
	mu    sync.Mutex
	group *group
	users int
}

// take gives a loop for one more connection: of server, if it is not nil.
func (l *sharedLoops) take(server *Server) (*sessions, error) {
	if server != nil {
		g, err := server.start()
		if err != nil {
			return nil, err
		}
		return g.next(), nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.group == nil {
		g, err := newGroup(loop.OS, 0, nil)
		if err != nil {
			return nil, err
		}
		g.start(slog.Default())
		l.group = g
	}
	l.users++
	return l.group.next(), nil
}

// done is called on a loop at the end of a connection that took it.
func (l *sharedLoops) done(s *sessions) {
	if s.owner != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.users--; l.users == 0 {
		go end(l.group) // not here: it waits for this goroutine
		l.group = nil
	}
}

// end ends loops from a goroutine of its own.
func end(g *group) {
	label(roleShutdown)
	g.stop()
}
