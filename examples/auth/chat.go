package main

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// guest is a connection's data once it is known whose it is.
type guest struct {
	name  string
	leave func() bool // ends the wait for the session's end
}

// admit makes c one of s, with which it ends.
func admit(c *engine.Conn, s *session) {
	leave := context.AfterFunc(s, func() { c.Close(notIn, "the session is over") })
	c.SetData(&guest{s.name, leave})
	c.SendText("welcome, " + s.name)
}

// chat handles connections that are known from their handshake.
type chat struct{}

func (chat) OnOpen(c *engine.Conn) { admit(c, c.Data().(*session)) }

func (chat) OnMessage(c *engine.Conn, _ codec.Opcode, payload []byte) {
	c.SendText(c.Data().(*guest).name + ": " + string(payload))
}

func (chat) OnClose(c *engine.Conn, _ error) {
	if g, ok := c.Data().(*guest); ok {
		g.leave()
	}
}

// stranger handles connections whose first message must be a token, and as chat
// once it has come.
type stranger struct{ *auth }

func (h stranger) OnOpen(c *engine.Conn) {
	c.SetData(time.AfterFunc(h.patience, func() { c.Close(notIn, "no token in time") }))
}

func (h stranger) OnMessage(c *engine.Conn, op codec.Opcode, payload []byte) {
	deadline, waits := c.Data().(*time.Timer)
	if !waits {
		chat{}.OnMessage(c, op, payload)
		return
	}
	if len(payload) > maxFirst {
		c.Close(codec.ClosePolicyViolation, "a token first")
		return
	}
	s, err := h.find(c.Context(), string(payload)) // or until the connection ends
	switch {
	case err == error(unavailable):
		c.Close(codec.CloseTryAgainLater, "")
	case err != nil:
		c.Close(notIn, "no valid token")
	case deadline.Stop(): // else it is being closed
		admit(c, s)
	}
}

func (stranger) OnClose(c *engine.Conn, err error) {
	if deadline, waits := c.Data().(*time.Timer); waits {
		deadline.Stop()
	}
	chat{}.OnClose(c, err)
}
