package engine

import (
	"fmt"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// instant is a system whose calls cost nothing: each connection is always
// ready, reads the same bytes and writes them nowhere.
type instant struct {
	in    []byte
	ready []loop.Event
}

func (s *instant) Now() int64                                        { return 0 }
func (s *instant) Accept(int) (int, loop.Errno)                      { return -1, 11 }
func (s *instant) Read(_ int, b []byte) (int, loop.Errno)            { return copy(b, s.in), 0 }
func (s *instant) Write(_ int, b []byte) (int, loop.Errno)           { return len(b), 0 }
func (s *instant) Writev(_ int, head, tail []byte) (int, loop.Errno) { return len(head) + len(tail), 0 }
func (s *instant) CloseWrite(int) loop.Errno                         { return 0 }
func (s *instant) Spare() (int, loop.Errno)                          { return 0, 0 }
func (s *instant) Modify(int, loop.Handle, loop.Interest) loop.Errno { return 0 }
func (s *instant) Remove(int) loop.Errno                             { return 0 }
func (s *instant) Wake()                                             {}
func (s *instant) Add(_ int, h loop.Handle, _ loop.Interest) loop.Errno {
	s.ready = append(s.ready, loop.Event{Handle: h, Ready: loop.Readable})
	return 0
}
func (s *instant) Wait(events []loop.Event, _ int64) (int, error) { return copy(events, s.ready), nil }

// instantSystem keeps the two Closes of System and Poller apart.
type instantSystem struct{ *instant }

func (instantSystem) Close(int) loop.Errno { return 0 }

type instantPoller struct{ *instant }

func (instantPoller) Close() error { return nil }

func (s instantSystem) NewPoller() (loop.Poller, error) { return instantPoller(s), nil }

// BenchmarkOwnTime measures what the engine itself adds to the system calls of
// an echoed message: 100 connections, each ready in each tick.
func BenchmarkOwnTime(b *testing.B) {
	for _, size := range []int{16, 125, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) { benchmarkOwnTime(b, size) })
	}
}

func benchmarkOwnTime(b *testing.B, size int) {
	sys := instantSystem{new(instant)}
	h := HandlerFuncs{Message: func(c *Conn, op codec.Opcode, p []byte) { c.Send(op, p) }}
	srv := NewServer(h, Options{})
	g, err := newGroup(sys, 1, srv)
	if err != nil {
		b.Fatal(err)
	}
	sys.in = []byte("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	l, s := g.sessions[0].loop, g.sessions[0]
	for fd := range 100 {
		s.Accepted(fd)
	}
	l.Tick()
	if n := s.stats.open.Load(); n != 100 {
		b.Fatal(n, "connections are open")
	}
	sys.in = codec.AppendMaskedFrame(nil, codec.Binary, make([]byte, size), [4]byte{1, 2, 3, 4})
	b.ReportAllocs()
	for b.Loop() {
		l.Tick()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/message")
}
