package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func TestCloseFast(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options engine.Options
		send    string
	}{
		{"messages", engine.Options{MaxMessageRate: 10}, strings.Repeat(text("x"), 30)},
		{"pings", engine.Options{MaxMessageRate: 10}, strings.Repeat(frame(codec.Ping, "x"), 30)},
		{"bytes", engine.Options{MaxByteRate: 10_000}, text(pattern(30_000))},
		{"bytes of a large message", engine.Options{MaxByteRate: 100_000}, text(pattern(600_000))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := record(engine.HandlerFuncs{})
			p := open(t, serve(t, r, test.options))
			go p.Conn.Write([]byte(test.send)) // which need not be read to its end
			for op := codec.Text; op != codec.Close; {
				op, _ = p.next() // pongs come before
			}
			p.Close()
			if end := r.end(t); end.Code != codec.ClosePolicyViolation || !errors.Is(end, engine.ErrRate) {
				t.Errorf("OnClose got %#v", end)
			}
		})
	}
}

// A peer that is slowed down loses nothing, and a neighbour notices nothing.
func TestPauseFast(t *testing.T) {
	t.Parallel()
	const rate, messages = 1000, 1700
	for _, workers := range []int{0, 2} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			t.Parallel()
			s := serve(t, echoing, engine.Options{MaxMessageRate: rate, RatePolicy: engine.PauseFast, Workers: workers, Mailbox: 8})
			p, neighbour := open(t, s), open(t, s)
			began := time.Now()
			go func() {
				for i := range messages {
					if _, err := p.Conn.Write([]byte(text(numbered(i, 1000)))); err != nil {
						t.Error(err)
						return
					}
				}
			}()
			for i := range messages {
				p.expect(codec.Text, numbered(i, 1000))
				if i == messages/2 {
					neighbour.write(text("meanwhile"))
					neighbour.expect(codec.Text, "meanwhile")
				}
			}
			// What one read brings goes beyond the rate at once.
			if took := time.Since(began); took < (messages-rate)*time.Second/rate/3 {
				t.Errorf("%d messages at %d a second took %v", messages, rate, took)
			}
		})
	}
}

// A paused connection is closed as properly as any other.
func TestCloseWhilePaused(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{Message: func(c *engine.Conn, _ codec.Opcode, b []byte) {
		if string(b) == "last" {
			c.Close(codec.CloseNormal, "")
		}
	}})
	s := serve(t, r, engine.Options{MaxMessageRate: 1, RatePolicy: engine.PauseFast, CloseTimeout: patience})
	p := open(t, s)
	p.write(strings.Repeat(text("x"), 500) + text("last"))
	p.expectClose(codec.CloseNormal, "")
	p.write(closing(codec.CloseNormal, ""))
	if end := r.end(t); !end.Clean {
		t.Errorf("OnClose got %#v", end)
	}
}
