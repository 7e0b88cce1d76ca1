package main

import (
	"sync"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// guest is what a connection's Data holds.
type guest struct{ room, name string }

// rooms is a handler that sends each message to all in the same room. Its
// connections are on several loops.
type rooms struct {
	mu      sync.Mutex
	members map[string]map[*engine.Conn]bool // by room
}

func (r *rooms) OnOpen(c *engine.Conn) {
	room := c.Data().(*guest).room
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = map[string]map[*engine.Conn]bool{}
	}
	if r.members[room] == nil {
		r.members[room] = map[*engine.Conn]bool{}
	}
	r.members[room][c] = true
}

func (r *rooms) OnMessage(c *engine.Conn, _ codec.Opcode, payload []byte) {
	g := c.Data().(*guest)
	message := codec.Prepare(codec.Text, []byte(g.name+": "+string(payload)))
	r.mu.Lock()
	defer r.mu.Unlock()
	for member := range r.members[g.room] {
		member.SendPrepared(message)
	}
}

func (r *rooms) OnClose(c *engine.Conn, _ error) {
	room := c.Data().(*guest).room
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members[room], c)
	if len(r.members[room]) == 0 {
		delete(r.members, room)
	}
}
