package load

import (
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// await waits until ok, which is called with g.mu held, and reports whether it
// came to that in time.
func (g *Group) await(timeout time.Duration, ok func() bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	late := false
	alarm := time.AfterFunc(timeout, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		late = true
		g.changed.Broadcast()
	})
	defer alarm.Stop()
	for !ok() && !late {
		g.changed.Wait()
	}
	return ok()
}

// seated gives the places of connections that are open and in order.
func (g *Group) seated() (conns []*conn) {
	g.mu.Lock()
	places := g.conns
	g.mu.Unlock()
	for _, c := range places {
		if c.usable() {
			conns = append(conns, c)
		}
	}
	return conns
}

// seat gives a connection that has opened a place. It counts only when it has
// begun to take part in what goes on.
func (g *Group) seat(link *engine.Conn) *conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.vacancyLocked()
	c.take(link)
	return c
}

// vacancyLocked gives a place: one that was left, or a new one.
func (g *Group) vacancyLocked() *conn {
	if last := len(g.vacant) - 1; last >= 0 {
		c := g.vacant[last]
		g.vacant = g.vacant[:last]
		return c
	}
	c := &conn{group: g, id: uint64(g.options.First + len(g.conns))}
	g.conns = append(g.conns, c)
	return c
}

// vacate tells that the connection of c is gone; again: that another one is
// to take its place.
func (g *Group) vacate(c *conn, again bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed++
	g.changed.Broadcast()
	if !again || g.vacancies == nil {
		return
	}
	g.vacant = append(g.vacant, c)
	g.announceVacancy()
}

// announceVacancy asks for another connection.
func (g *Group) announceVacancy() {
	select {
	case g.vacancies <- struct{}{}:
	default: // a connection that was given up had opened all the same
	}
}
