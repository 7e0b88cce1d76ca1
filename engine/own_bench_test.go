package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// BenchmarkOwnTimeOfHandshake opens connections, and forgets them.
func BenchmarkOwnTimeOfHandshake(b *testing.B) {
	sys, s := newInstant(b, 0, HandlerFuncs{})
	b.ReportAllocs()
	for b.Loop() {
		sys.ready = sys.ready[:0]
		s.Accepted(0)
		s.loop.Tick()
		s.loop.Conn(0).Abort()
		sys.ready = sys.ready[:0]
		s.loop.Tick()
	}
	if n := s.stats.opened.Load(); n < uint64(b.N) {
		b.Fatal(n, "connections were opened of", b.N)
	}
}

// BenchmarkOwnTimeOfBroadcast sends a message to 1,000 connections.
func BenchmarkOwnTimeOfBroadcast(b *testing.B) {
	const conns = 1000
	sys, s := newInstant(b, conns, HandlerFuncs{})
	sys.ready = nil
	message := codec.Prepare(codec.Text, make([]byte, 125))
	sent, done := 0, false
	b.ReportAllocs()
	for b.Loop() {
		done = false
		s.cast(&cast{message: message, done: func() { done = true }})
		for !done {
			s.loop.Tick()
		}
		sent += conns
	}
	if n := s.stats.messagesOut.Load(); n != uint64(sent) {
		b.Fatal(n, "messages were sent of", sent)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/conns, "ns/message")
}

// BenchmarkSend sends from another goroutine than the loop's.
func BenchmarkSend(b *testing.B) {
	_, s := newInstant(b, 1, HandlerFuncs{})
	c := connOf(s.loop.Conn(0))
	for _, size := range []int{125, 1 << 10, 64 << 10} {
		payload := make([]byte, size)
		prepared := codec.Prepare(codec.Binary, payload)
		for name, send := range map[string]func() error{
			"binary":   func() error { return c.Send(codec.Binary, payload) },
			"text":     func() error { return c.Send(codec.Text, payload) },
			"prepared": func() error { return c.SendPrepared(prepared) },
		} {
			b.Run(fmt.Sprint(name, "/", size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := send(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkData(b *testing.B) {
	_, s := newInstant(b, 1, HandlerFuncs{})
	c := connOf(s.loop.Conn(0))
	b.ReportAllocs()
	for b.Loop() {
		c.SetData(s)
		if c.Data() != s {
			b.Fatal("lost")
		}
	}
}

func BenchmarkStats(b *testing.B) {
	_, s := newInstant(b, 1, HandlerFuncs{})
	b.ReportAllocs()
	for b.Loop() {
		var st Stats
		if st.add(s); st.Open != 1 {
			b.Fatal(st)
		}
	}
}

// BenchmarkKeepalive fires the timer of a connection whose peer is not silent
// for long enough, as most are.
func BenchmarkKeepalive(b *testing.B) {
	_, s := newInstant(b, 1, HandlerFuncs{})
	c := s.loop.Conn(0)
	b.ReportAllocs()
	for b.Loop() {
		s.Timer(c)
	}
	if c.Silent() > time.Minute {
		b.Fatal("the clock went on")
	}
}
