// Package crowd opens very many connections to one WebSocket server with as
// little as that takes: one goroutine, plain system calls, 16 bytes for a
// connection. It is a client for counting and memory; package load measures
// rates and latencies.
//
// To a server on 127.0.0.1 connections go to one address of 127.0.0.0/8 after
// the other, lest ports run out: it has to listen on all of them.
package crowd

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/codec"
)

// Options says what a crowd is.
type Options struct {
	Addr     string        // of the server, host:port, IPv4
	First    string        // path of the first connection
	Path     string        // of all others
	Conns    int           // how many
	Window   int           // how many are opened, or await an echo, at a time
	Size     int           // payload of a message, at least MinSize bytes
	Patience time.Duration // a step ends when nothing has happened for so long
}

// Crowd is the client. Its methods are for one goroutine, one after the other;
// but Connected, Received and Errors are for any, at any time. Nobody answers the
// server between the calls.
type Crowd struct {
	options Options
	to      unix.SockaddrInet4
	epoll   int
	members []member
	events  [512]unix.EpollEvent
	buf     [64 << 10]byte

	heads    map[int][]byte         // of answers to handshakes that came in part
	decoders map[int]*codec.Decoder // of connections with a frame that came in part
	blank    *codec.Decoder         // for all others

	begun   int // connections, of the step
	settled int // of those, that have done their part or failed
	message func(i int, payload []byte) (wrong string)
	closing codec.CloseCode // that is expected, or 0
	record  *hist.Histogram
	out     []byte

	open, received, closed atomic.Int64

	mu     sync.Mutex
	errors map[string]int
}

// member is one connection.
type member struct {
	fd    int32
	state state
	done  bool          // it has done its part in the step
	since time.Duration // when that began
}

type state uint8

const (
	absent    state = iota // not opened yet, or gone
	asking                 // the socket did not take the request yet
	upgrading              // the answer is awaited
	present
	parting // both Close frames are sent, the end of the stream is awaited
)

var config = codec.Config{Role: codec.Client}

// New prepares a crowd without opening anything.
func New(o Options) (*Crowd, error) {
	addr, err := net.ResolveTCPAddr("tcp4", o.Addr)
	if err != nil {
		return nil, err
	}
	if o.Size < MinSize {
		return nil, fmt.Errorf("a message of %d B cannot tell whose it is: at least %d are needed", o.Size, MinSize)
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	return &Crowd{
		options: o, epoll: epoll,
		to:       unix.SockaddrInet4{Addr: [4]byte(addr.IP.To4()), Port: addr.Port},
		members:  make([]member, o.Conns),
		heads:    map[int][]byte{},
		decoders: map[int]*codec.Decoder{},
		blank:    codec.NewDecoder(&config),
		record:   hist.New(),
		errors:   map[string]int{},
	}, nil
}

// Connected gives the number of connections that are open.
func (c *Crowd) Connected() int { return int(c.open.Load()) }

// Received gives the number of messages received so far.
func (c *Crowd) Received() int { return int(c.received.Load()) }

// Errors gives what went wrong so far, by kind: once at most for a connection.
func (c *Crowd) Errors() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.errors)
}

// Close cuts what is still open.
func (c *Crowd) Close() {
	for i := range c.members {
		if c.members[i].state != absent {
			c.drop(i)
		}
	}
	unix.Close(c.epoll)
}

// fail counts an error and gives the connection up.
func (c *Crowd) fail(i int, what string) {
	c.mu.Lock()
	c.errors[what]++
	c.mu.Unlock()
	c.settle(i)
	c.drop(i)
}

// drop closes a connection without a word.
func (c *Crowd) drop(i int) {
	m := &c.members[i]
	if m.state >= present {
		c.open.Add(-1)
	}
	if m.state != absent {
		unix.Close(int(m.fd))
	}
	m.state = absent
	delete(c.heads, i)
	delete(c.decoders, i)
}

// settle notes that a connection has done its part in the step.
func (c *Crowd) settle(i int) {
	if m := &c.members[i]; !m.done {
		m.done = true
		c.settled++
	}
}

// serve handles what comes until done, until ctx ends, or until nothing has
// happened for as long as the crowd is patient.
func (c *Crowd) serve(ctx context.Context, done func() bool) {
	for last := time.Now(); !done() && ctx.Err() == nil; {
		n, err := unix.EpollWait(c.epoll, c.events[:], 50)
		if err != nil && err != unix.EINTR {
			c.fail(0, os.NewSyscallError("epoll_wait", err).Error())
			return
		}
		for _, e := range c.events[:max(n, 0)] {
			c.ready(int(e.Fd), e.Events)
		}
		switch {
		case n > 0:
			last = time.Now()
		case time.Since(last) > c.options.Patience:
			return
		}
	}
}
