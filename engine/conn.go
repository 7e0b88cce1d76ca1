package engine

import (
	"net"
	"unsafe"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// State is a phase in a connection's life.
type State uint8

// The states, in their order.
const (
	Connecting State = iota // the handshake is under way
	Open                    // messages go both ways
	Closing                 // a Close frame is sent, or about to be: nothing more can be
	Closed                  // gone; OnClose has been called, or is being
)

// String gives the state's name, such as "open".
func (s State) String() string {
	switch s {
	case Connecting:
		return "connecting"
	case Open:
		return "open"
	case Closing:
		return "closing"
	}
	return "closed"
}

// Conn is a WebSocket connection. All its methods may be called from any
// goroutine, at any time, also in OnClose and after it: then those that send,
// and Close, return [ErrClosed], Abort does nothing, addresses are nil, nothing
// is buffered; Data, SetData and Subprotocol go on as before. None ever reaches
// another connection.
type Conn struct {
	conn    loop.Conn // first: see connOf
	profile *profile
	data    any         // guarded by conn's lock
	end     *CloseError // how it ends, from when that is known; guarded by conn's lock
	rx      *receiver   // what is incomplete, or nil; the loop's goroutine only
}

// connOf gives the Conn whose first field c is. The loop knows only that
// field, and an interface to the rest would cost each connection 16 bytes.
func connOf(c *loop.Conn) *Conn { return (*Conn)(unsafe.Pointer(c)) }

// A negative length fails to compile, should conn not be the first field.
var _ [-int(unsafe.Offsetof(Conn{}.conn))]struct{}

// State gives the connection's state.
func (c *Conn) State() State { return min(State(c.conn.State()), Closed) }

// Buffered gives the number of bytes sent but not yet taken by the system:
// what browsers call bufferedAmount. If it is not 0, the socket is full, and
// [Drainer] will tell of its end. Replies that wait for the end of a handler's
// call are sent before.
func (c *Conn) Buffered() int {
	c.conn.Lock()
	defer c.conn.Unlock()
	c.conn.FlushLocked()
	n := c.conn.BufferedLocked()
	if b := c.outboxLocked(); b != nil {
		n += b.unsent
	}
	return n
}

// Data gives what [Conn.SetData] or [Accept] set last.
func (c *Conn) Data() any {
	c.conn.Lock()
	defer c.conn.Unlock()
	return c.data
}

// SetData attaches v to the connection, which keeps it beyond its end.
func (c *Conn) SetData(v any) {
	c.conn.Lock()
	c.data = v
	c.conn.Unlock()
}

// Subprotocol gives the subprotocol agreed on; "" if there is none.
func (c *Conn) Subprotocol() string {
	c.conn.Lock()
	defer c.conn.Unlock()
	return c.profile.subprotocol
}

// RemoteAddr gives the peer's address, nil once the connection is gone. It
// asks the system each time, as addresses are not kept, unless one of
// [Options].Proxies has told whose the connection is: then it is that address,
// with port 0 if the port is not known.
func (c *Conn) RemoteAddr() net.Addr {
	c.conn.Lock()
	defer c.conn.Unlock()
	if c.conn.Gone() {
		return nil
	}
	if from, ok := c.remoteLocked().told(); ok {
		return net.TCPAddrFromAddrPort(from)
	}
	return loop.RemoteAddr(c.conn.FD())
}

// ProxyAddr gives the address of the proxy that the connection has come
// through, the last one if there are several: one of [Options].Proxies. It is
// nil if there is none, and once the connection is gone.
func (c *Conn) ProxyAddr() net.Addr {
	c.conn.Lock()
	defer c.conn.Unlock()
	if c.conn.Gone() || c.remoteLocked().is == 0 {
		return nil
	}
	return loop.RemoteAddr(c.conn.FD())
}

// LocalAddr gives this end's address, nil once the connection is gone.
func (c *Conn) LocalAddr() net.Addr {
	c.conn.Lock()
	defer c.conn.Unlock()
	if c.conn.Gone() {
		return nil
	}
	return loop.LocalAddr(c.conn.FD())
}

// sessions gives what drives c's loop.
func (c *Conn) sessions() *sessions { return c.conn.Loop().Events().(*sessions) }
