package engine_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// BenchmarkEcho measures echoes over loopback: of one connection, with depth
// messages under way at a time. It includes the client, which is as little as
// a client can be.
func BenchmarkEcho(b *testing.B) { benchmarkEcho(b, engine.Options{}) }

// BenchmarkEchoWorkers is BenchmarkEcho with handlers on workers: what it takes
// to bring each message to another goroutine, and each reply to the socket.
func BenchmarkEchoWorkers(b *testing.B) { benchmarkEcho(b, engine.Options{Workers: 4}) }

func benchmarkEcho(b *testing.B, o engine.Options) {
	for _, depth := range []int{1, 16} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			const size = 125
			p := open(b, serve(b, echoing, o))
			p.SetDeadline(time.Time{})
			requests := []byte(strings.Repeat(frame(codec.Binary, pattern(size)), depth))
			responses := make([]byte, depth*len(codec.AppendFrame(nil, codec.Binary, []byte(pattern(size)))))
			b.SetBytes(size)
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += depth {
				p.Write(requests)
				if _, err := io.ReadFull(p.Conn, responses); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBroadcast measures a message to 1,000 connections, until the last
// client's handler has it.
func BenchmarkBroadcast(b *testing.B) {
	const clients = 1000
	s := serve(b, engine.HandlerFuncs{}, engine.Options{Loops: runtime.GOMAXPROCS(0)})
	var waiting sync.WaitGroup
	dialMany(b, s, clients, engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) { waiting.Done() }})
	message := codec.Prepare(codec.Text, []byte(pattern(125)))
	b.ReportAllocs()
	for b.Loop() {
		waiting.Add(clients)
		if err := s.Broadcast(message); err != nil {
			b.Fatal(err)
		}
		waiting.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/clients, "ns/message")
}

// BenchmarkIdleMemory measures the heap that idle connections take, of which
// both ends are in this process: a server's and a client's.
func BenchmarkIdleMemory(b *testing.B) {
	const conns = 5000
	for b.Loop() {
		s := serve(b, echoing, engine.Options{})
		dialMany(b, s, 100, echoing) // what all have in common is there
		before := heap()
		dialMany(b, s, conns, echoing)
		b.ReportMetric(float64(int64(heap()-before))/conns/2, "B/end")
		s.Close()
	}
}

// dialMany opens n connections that have handler and options in common. They
// end with the server.
func dialMany(b *testing.B, s *running, n int, h engine.Handler) {
	b.Helper()
	want := s.Stats().Open + int64(n)
	dialer := engine.NewDialer(h, engine.DialOptions{})
	for range n {
		if _, err := dialer.Dial(context.Background(), s.url()); err != nil {
			b.Fatal(err)
		}
	}
	eventually(b, "all to be open", func() bool { return s.Stats().Open == want })
}
