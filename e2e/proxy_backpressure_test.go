package e2e

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// A client that reads nothing has to stop sending in the end. Nothing is lost,
// whoever holds it meanwhile.
func TestProxyBackpressure(t *testing.T) {
	srv := startEcho(t)
	withEachProxy(t, func(t *testing.T, b brand) {
		b.start(t, srv.addr).withEachWay(t, func(t *testing.T, w way) {
			c := openPatient(t, w)
			f := startFlood(c)
			f.awaitStall(t)
			f.halt.Store(true)
			n := f.readAll(t, c)
			if err := receive(t, f.done); err != nil {
				t.Fatal(err)
			}
			if sent := int(f.sent.Load()); n != sent {
				t.Errorf("%d messages came back of %d", n, sent)
			}
			t.Logf("it had to wait after %d KiB", n*floodSize>>10)
		})
	})
}

const (
	floodSize = 64 << 10
	floodMost = 1 << 30 / floodSize // beyond, nothing has stopped it
)

// flood sends messages until it is told to halt, and a last one then.
type flood struct {
	sent atomic.Int64
	halt atomic.Bool
	done chan error
}

var floodEnd = message{true, []byte("that was all")}

func startFlood(c client) *flood {
	f := &flood{done: make(chan error, 1)}
	go func() { f.done <- f.run(c) }()
	return f
}

func (f *flood) run(c client) error {
	for !f.halt.Load() && f.sent.Load() < floodMost {
		if err := c.write(floodMessage(f.sent.Load())); err != nil {
			return err
		}
		f.sent.Add(1)
	}
	return c.write(floodEnd)
}

func floodMessage(i int64) message {
	b := noise(floodSize, false)
	copy(b, fmt.Sprintf("message %d.", i))
	return message{false, b}
}

// awaitStall waits until the flood has not moved for half a second.
func (f *flood) awaitStall(t *testing.T) {
	t.Helper()
	const look, looks = 50 * time.Millisecond, 10
	for last, same := int64(0), 0; same < looks; same++ {
		time.Sleep(look)
		now := f.sent.Load()
		if now >= floodMost {
			t.Fatalf("nothing stopped a client that does not read after %d messages", now)
		}
		if now != last || now == 0 {
			last, same = now, -1
		}
	}
}

// readAll reads what comes back until the last message, and counts it.
func (f *flood) readAll(t *testing.T, c client) (n int) {
	t.Helper()
	for ; ; n++ {
		m, err := c.read()
		if err != nil {
			t.Fatalf("after %d messages: %v", n, err)
		}
		if m.equal(floodEnd) {
			return n
		}
		if want := floodMessage(int64(n)); !m.equal(want) {
			t.Fatalf("message %d is %v: %.20q", n, m, m.data)
		}
	}
}
