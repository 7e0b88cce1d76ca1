package engine

import "github.com/sockeye-ws/sockeye/codec"

// Handler receives what happens on a connection. OnOpen comes first and once,
// then the messages, then OnClose exactly once and nothing after it; all calls
// of one connection come one after the other.
//
// The calls run on the connection's event loop, so they must not block: every
// connection of that loop waits meanwhile. With Options.Workers those of a
// server's connections run on other goroutines, and may block. A panic, in
// these methods and those of [Drainer] and [Ponger], is recovered, logged and
// counted, and costs its connection only, which is closed with 1011; but
// runtime.Goexit, which testing's FailNow calls, ends the loop and with it all
// of its connections. On a worker it is taken for a panic.
type Handler interface {
	// OnOpen is called when the handshake is done, before any message. If it
	// closes or aborts c, or panics, OnClose follows and nothing else.
	OnOpen(c *Conn)

	// OnMessage is called for each whole message, text or binary, after
	// reassembly. A text's UTF-8 is valid. The payload is the engine's: it may
	// be read and changed until OnMessage returns, and must be copied to be
	// kept. Replies sent from here leave together, in one system call; those
	// sent from a worker do too if they answer messages that wait together, but
	// none waits for a handler that blocks.
	OnMessage(c *Conn, op codec.Opcode, payload []byte)

	// OnClose is called when the connection is gone, whoever ended it. err is
	// always a *CloseError. Sending on c fails from here on, with ErrClosed.
	// With workers that may be after the server's end, if a handler was busy
	// until then. After a panic in here there is nothing left to close.
	OnClose(c *Conn, err error)
}

// Drainer is implemented by handlers that want to know when a connection that
// had unsent bytes ([Conn.Buffered] > 0 after a Send) has none any more.
type Drainer interface {
	OnDrain(c *Conn)
}

// Ponger is implemented by handlers that want to see pongs, asked for or not.
// The payload is valid until OnPong returns. Pings are answered by the engine.
type Ponger interface {
	OnPong(c *Conn, payload []byte)
}

// HandlerFuncs is a [Handler] of functions, each of which may be nil.
type HandlerFuncs struct {
	Open    func(c *Conn)
	Message func(c *Conn, op codec.Opcode, payload []byte)
	Close   func(c *Conn, err error)
	Drain   func(c *Conn)
	Pong    func(c *Conn, payload []byte)
}

// OnOpen calls h.Open.
func (h HandlerFuncs) OnOpen(c *Conn) {
	if h.Open != nil {
		h.Open(c)
	}
}

// OnMessage calls h.Message.
func (h HandlerFuncs) OnMessage(c *Conn, op codec.Opcode, payload []byte) {
	if h.Message != nil {
		h.Message(c, op, payload)
	}
}

// OnClose calls h.Close.
func (h HandlerFuncs) OnClose(c *Conn, err error) {
	if h.Close != nil {
		h.Close(c, err)
	}
}

// OnDrain calls h.Drain.
func (h HandlerFuncs) OnDrain(c *Conn) {
	if h.Drain != nil {
		h.Drain(c)
	}
}

// OnPong calls h.Pong.
func (h HandlerFuncs) OnPong(c *Conn, payload []byte) {
	if h.Pong != nil {
		h.Pong(c, payload)
	}
}
