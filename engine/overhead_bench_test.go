package engine

import (
	"fmt"
	"log/slog"
	"net/netip"
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
func (s *instant) RemoteIP(int) (netip.Addr, bool)                   { return netip.Addr{}, false }
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

// instantHandshake is what a connection of an instant system reads first.
const instantHandshake = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// newInstant makes a server's loop, to be ticked by hand, with so many open
// connections.
func newInstant(b *testing.B, conns int, h Handler) (instantSystem, *sessions) {
	sys := instantSystem{new(instant)}
	g, err := newGroup(sys, 1, NewServer(h, Options{}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		sys.ready = nil
		g.start(slog.Default())
		g.stop()
	})
	sys.in = []byte(instantHandshake)
	s := g.sessions[0]
	var ready []loop.Event
	for fd := range conns {
		sys.ready = nil // each reads its handshake, and not that of the next as well
		s.Accepted(fd)
		s.loop.Tick()
		ready = append(ready, sys.ready...)
	}
	sys.ready = ready
	if n := s.stats.open.Load(); n != int64(conns) {
		b.Fatal(n, "connections are open")
	}
	return sys, s
}

// BenchmarkOwnTime measures what the engine itself adds to the system calls of
// an echoed message: 100 connections, each ready in each tick, with as many
// messages as its peer had outstanding.
func BenchmarkOwnTime(b *testing.B) {
	for _, depth := range []int{1, 16} {
		for _, size := range []int{16, 125, 1024} {
			b.Run(fmt.Sprintf("%dx%d", depth, size), func(b *testing.B) {
				const conns = 100
				h := HandlerFuncs{Message: func(c *Conn, op codec.Opcode, p []byte) { c.Send(op, p) }}
				sys, s := newInstant(b, conns, h)
				sys.in = nil
				for range depth {
					sys.in = codec.AppendMaskedFrame(sys.in, codec.Binary, make([]byte, size), [4]byte{1, 2, 3, 4})
				}
				b.ReportAllocs()
				for b.Loop() {
					s.loop.Tick()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*conns*depth), "ns/message")
			})
		}
	}
}
