package engine_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A silent peer is pinged at half of the timeout, and cut at its end: not
// before. TestIdleTimeoutInTime tells when.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second // where the machine is busy the loop must not sleep over the ping
	r := record(echoing)
	s := serve(t, r, engine.Options{IdleTimeout: limit})
	began := time.Now() // before the server has heard anything
	p := open(t, s)
	p.expect(codec.Ping, "")
	if half := time.Since(began); half < limit/2-30*time.Millisecond {
		t.Errorf("pinged after %v, want %v", half, limit/2)
	}
	p.expectCut()
	if whole := time.Since(began); whole < limit-30*time.Millisecond {
		t.Errorf("cut after %v, want %v", whole, limit)
	}
	if got := r.end(t); got.Code != codec.CloseAbnormal || !errors.Is(got, engine.ErrIdleTimeout) {
		t.Errorf("OnClose got %#v", got)
	}
}

// Whoever sends anything, be it a part of a message, needs no pings.
func TestDataKeepsAlive(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second // where the machine is busy nothing may come for a while
	r := record(echoing)
	p := open(t, serve(t, r, engine.Options{IdleTimeout: limit}))
	drip := time.NewTicker(limit / 50)
	defer drip.Stop()
	began := time.Now()
	p.write(fragment(codec.Text, false, "x"))
	sent := 1
	for ; time.Since(began) < limit+limit/4; sent++ {
		<-drip.C
		p.write(fragment(codec.Continuation, false, "x"))
	}
	p.write(fragment(codec.Continuation, true, ""))
	p.expect(codec.Text, strings.Repeat("x", sent))
}

func TestNoIdleTimeout(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	p := open(t, serve(t, r, engine.Options{IdleTimeout: -1, HandshakeTimeout: 50 * time.Millisecond}))
	p.SetReadDeadline(time.Now().Add(150 * time.Millisecond))
	if n, err := p.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %d bytes, %v, from a server that has nothing to say", n, err)
	}
}

// Who reads slowly is not silent, though it cannot answer a ping before it
// has read what lies before that.
func TestReadingKeepsAlive(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second // likewise
	r := record(engine.HandlerFuncs{})
	p := open(t, serve(t, r, engine.Options{IdleTimeout: limit}))
	c := r.conn(t)
	narrow(t, c)
	began := time.Now()
	if err := c.Send(codec.Binary, make([]byte, 8<<20)); err != nil {
		t.Fatal(err)
	}
	pause := time.NewTicker(limit / 25)
	defer pause.Stop()
	for time.Since(began) < 2*limit {
		if _, err := p.Read(p.read); err != nil {
			t.Fatal(err)
		}
		<-pause.C
	}
	if c.State() != engine.Open {
		t.Errorf("the connection is %v", c.State())
	}
}

// Whoever takes none of what is sent is cut, however much it says itself.
func TestWriteTimeout(t *testing.T) {
	t.Parallel()
	const limit = 200 * time.Millisecond
	r := record(engine.HandlerFuncs{})
	p := open(t, serve(t, r, engine.Options{WriteTimeout: limit}))
	c := r.conn(t)
	narrow(t, c)
	began := time.Now()
	for c.Buffered() == 0 {
		if err := c.Send(codec.Binary, make([]byte, 64<<10)); err != nil {
			t.Fatal(err)
		}
	}
	for time.Since(began) < patience {
		if _, err := p.Write([]byte(text("I write and do not read"))); err != nil {
			break
		}
		select {
		case end := <-r.closed:
			if !errors.Is(end, engine.ErrWriteTimeout) || end.Code != codec.CloseAbnormal {
				t.Errorf("OnClose got %#v", end)
			}
			if took := time.Since(began); took < limit-30*time.Millisecond {
				t.Errorf("cut after %v", took)
			}
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Error("never cut")
}
