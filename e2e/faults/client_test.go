package faults

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// client numbers its messages and demands them back, in order. It shares no
// code with the server but gobwas' frames.
type client struct {
	net.Conn
	id       uint32
	port     int
	answered atomic.Uint64
	sent     atomic.Uint64
	asked    atomic.Bool // to close
	enough   sync.Once   // closes stopping
	stopping chan struct{}
	over     chan struct{}
	err      error // once over: nil if everything sent was answered
}

var ids atomic.Uint32

// connect opens a TCP connection. Nothing on it may take longer than patience.
func connect(addr string, buffer int) (net.Conn, error) {
	dialer := net.Dialer{Timeout: patience}
	if buffer > 0 {
		dialer.Control = func(_, _ string, raw syscall.RawConn) error { // before the window is told
			return raw.Control(func(fd uintptr) {
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer)
			})
		}
	}
	conn, err := dialer.Dial("tcp", addr)
	if err == nil {
		conn.SetDeadline(time.Now().Add(patience))
	}
	return conn, err
}

// upgrade opens a WebSocket.
func upgrade(conn net.Conn, addr string) error {
	_, _, err := ws.Dialer{}.Upgrade(conn, &url.URL{Scheme: "ws", Host: addr, Path: "/"})
	return err
}

// dial opens a client. If that fails it is over, with the error.
func dial(addr string, p plan) *client {
	return dialOver(addr, p, func(c net.Conn) net.Conn { return c })
}

// dialOver has all that passes between client and connection go through wrap.
func dialOver(addr string, p plan, wrap func(net.Conn) net.Conn) *client {
	c := &client{id: ids.Add(1), stopping: make(chan struct{}), over: make(chan struct{})}
	conn, err := connect(addr, p.buffer)
	if err == nil {
		c.Conn, c.port = wrap(conn), conn.LocalAddr().(*net.TCPAddr).Port
		if err = upgrade(c.Conn, addr); err == nil {
			return c
		}
		conn.Close()
	}
	c.err = err
	close(c.over)
	return c
}

// open dials a client that follows plan until stop.
func open(t *testing.T, addr string, p plan) *client {
	t.Helper()
	c := dial(addr, p)
	if c.err != nil {
		t.Fatal(c.err)
	}
	t.Cleanup(func() { c.Close() })
	go c.talk(p)
	return c
}

func openAll(t *testing.T, n int, addr string, p plan) (all []*client) {
	t.Helper()
	for range n {
		all = append(all, open(t, addr, p))
	}
	return all
}

// talk sends what is planned until stop is called, then closes. It is over when
// everything was answered and the server has closed, or when that failed.
func (c *client) talk(p plan) {
	defer close(c.over)
	defer c.Close()
	window, failed := make(chan struct{}, p.window), make(chan struct{})
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write(p, window, failed)
	}()
	c.err = c.read(p, window)
	close(failed)
	c.Close()
	<-written
}

// write ends when it fails, too: whoever reads learns why. It closes once all is
// answered: a server whose handlers may block answers a Close at once.
func (c *client) write(p plan, window chan struct{}, failed <-chan struct{}) {
	for seq := uint64(0); c.takes(window, failed); seq++ {
		if c.send(p, seq) != nil {
			return
		}
		if seq+1 == p.count {
			c.stop()
		}
	}
	for range p.window {
		select {
		case window <- struct{}{}:
		case <-failed:
			return
		}
	}
	c.asked.Store(true)
	c.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
}

// takes waits until the window has room for another message; false if there is
// to be none.
func (c *client) takes(window chan<- struct{}, failed <-chan struct{}) bool {
	select {
	case <-c.stopping:
		return false
	default:
	}
	select {
	case window <- struct{}{}:
		return true
	case <-c.stopping:
	case <-failed:
	}
	return false
}

func (c *client) send(p plan, seq uint64) error {
	c.sent.Add(1)
	return c.frame(ws.NewBinaryFrame(message(c.id, seq, p.size(seq))))
}

// frame writes at once, so that a pong never comes within another frame.
func (c *client) frame(f ws.Frame) error {
	_, err := c.Write(ws.MustCompileFrame(ws.MaskFrameInPlace(f)))
	return err
}

func (c *client) read(p plan, window <-chan struct{}) error {
	if p.begin != nil {
		<-p.begin
	}
	r := bufio.NewReader(c.Conn)
	for seq := uint64(0); ; {
		c.SetDeadline(time.Now().Add(patience))
		f, err := readFrame(r)
		switch {
		case err != nil:
			return err
		case f.Header.OpCode == ws.OpClose:
			return c.closed(r, f)
		case f.Header.OpCode == ws.OpPing:
			c.frame(ws.NewPongFrame(f.Payload))
			continue
		case f.Header.OpCode != ws.OpBinary || !f.Header.Fin:
			return &wrongError{fmt.Sprintf("got a frame with the header %+v", f.Header)}
		}
		if err := verify(f.Payload, c.id, seq, p.size(seq)); err != nil {
			return err
		}
		seq++
		c.answered.Add(1)
		<-window
		time.Sleep(p.pace)
	}
}

func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err != nil {
		return f, err
	}
	if f.Header.Length > 1<<20 {
		return f, &wrongError{fmt.Sprintf("got a frame of %d bytes", f.Header.Length)}
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

// closed takes the server's Close, after which only the end may come.
func (c *client) closed(r io.Reader, f ws.Frame) error {
	code, reason := ws.ParseCloseFrameData(f.Payload)
	if !c.asked.Load() || code != ws.StatusNormalClosure {
		return closeError{code, reason}
	}
	if answered, sent := c.answered.Load(), c.sent.Load(); answered != sent {
		return &wrongError{fmt.Sprintf("a clean close after %d answers of %d", answered, sent)}
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		return &wrongError{fmt.Sprintf("%d bytes and %v after the Close", len(rest), err)}
	}
	return nil
}

// stop makes c close once it has nothing more to send.
func (c *client) stop() { c.enough.Do(func() { close(c.stopping) }) }

// ended tells that c is over.
func (c *client) ended() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// mustComplete stops clients and demands that all they sent was answered.
func mustComplete(t *testing.T, clients ...*client) {
	t.Helper()
	for _, c := range clients {
		c.stop()
	}
	for _, c := range clients {
		if <-c.over; c.err != nil {
			t.Errorf("connection %d, after %d answers to %d messages: %v", c.id, c.answered.Load(), c.sent.Load(), c.err)
		}
	}
}

// goOn waits until each client that is not over has had n more answers.
func goOn(t *testing.T, clients []*client, n uint64) {
	t.Helper()
	for _, c := range clients {
		enough := c.answered.Load() + n
		waitUntil(t, "a connection goes on", func() bool { return c.ended() || c.answered.Load() >= enough })
	}
}
