package engine

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
)

// virtual is a server of one loop with one connection, in virtual time: how
// busy the machine is does not matter.
type virtual struct {
	t       *testing.T
	sys     *sim.System
	loop    *loop.Loop
	fd      int // the peer's
	decoder *codec.Decoder
	end     error // what OnClose got
	opened  int64
}

const virtualStep = time.Millisecond

func newVirtual(t *testing.T, o Options) *virtual {
	v := &virtual{t: t, sys: sim.New(1), decoder: codec.NewDecoder(&codec.Config{Role: codec.Client})}
	v.sys.Calm = true
	server := NewServer(HandlerFuncs{Close: func(_ *Conn, err error) { v.end = err }}, o)
	g, err := newGroup(v.sys, 1, server)
	if err != nil {
		t.Fatal(err)
	}
	server.group, v.loop = g, g.sessions[0].loop
	listening := v.sys.Listen()
	if e := v.loop.Listen(&loop.Listener{FD: listening, Deal: func() *loop.Loop { return v.loop }}); e != 0 {
		t.Fatal(e)
	}
	v.fd, _ = v.sys.Connect(listening, 0, netip.AddrFrom4([4]byte{192, 0, 2, 1}))
	v.write([]byte(instantHandshake))
	var answer []byte
	v.await("the answer", func() bool {
		answer = append(answer, v.read()...)
		return bytes.HasSuffix(answer, []byte("\r\n\r\n"))
	})
	v.opened = v.sys.Now()
	t.Cleanup(func() {
		v.loop.Post(g.sessions[0].cutAll)
		v.loop.Stop()
		if err := v.loop.Run(); err != nil {
			t.Error(err)
		}
		v.decoder.Release()
	})
	return v
}

func (v *virtual) write(b []byte) {
	for len(b) > 0 {
		n, e := v.sys.Write(v.fd, b)
		if e != 0 {
			v.t.Fatal(e)
		}
		b = b[n:]
	}
}

// read gives what the peer has received, nil if there is nothing.
func (v *virtual) read() (all []byte) {
	for b := make([]byte, 1024); ; {
		n, e := v.sys.Read(v.fd, b)
		if e != 0 || n == 0 {
			return all
		}
		all = append(all, b[:n]...)
	}
}

// await lets time pass until done, and gives that since the handshake.
func (v *virtual) await(what string, done func() bool) time.Duration {
	v.t.Helper()
	for until := v.sys.Now() + int64(time.Hour); !done(); v.sys.Advance(virtualStep) {
		if v.sys.Now() > until {
			v.t.Fatalf("waited in vain for %s", what)
		}
		if err := v.loop.Tick(); err != nil {
			v.t.Fatal(err)
		}
	}
	return time.Duration(v.sys.Now() - v.opened)
}

// pinged tells that the peer has got a ping, and nothing else.
func (v *virtual) pinged() bool {
	got := v.read()
	op, payload, n, err := v.decoder.Next(got)
	if op != 0 && op != codec.Ping || len(payload) > 0 || n != len(got) || err != nil {
		v.t.Fatalf("got %x, want a ping", got)
	}
	return op == codec.Ping
}

// around fails unless got is want, to the precision of timers.
func around(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	const precision = 20 * time.Millisecond
	if got < want-precision || got > want+precision {
		t.Errorf("%s after %v, want %v", what, got, want)
	}
}

func TestIdleTimeoutInTime(t *testing.T) {
	const limit = 10 * time.Second
	v := newVirtual(t, Options{IdleTimeout: limit})
	around(t, "pinged", v.await("a ping", v.pinged), limit/2)
	around(t, "cut", v.await("the end", func() bool { return v.end != nil }), limit)
	if !errors.Is(v.end, ErrIdleTimeout) {
		t.Errorf("OnClose got %v", v.end)
	}
}

func TestPongKeepsAlive(t *testing.T) {
	const limit = 10 * time.Second
	v := newVirtual(t, Options{IdleTimeout: limit})
	for i := range time.Duration(4) {
		around(t, "pinged", v.await("a ping", v.pinged), (i+1)*limit/2)
		v.write(codec.AppendMaskedFrame(nil, codec.Pong, nil, [4]byte{1, 2, 3, 4}))
	}
	around(t, "pinged", v.await("a ping", v.pinged), 5*limit/2) // which it does not answer
	around(t, "cut", v.await("the end", func() bool { return v.end != nil }), 3*limit)
}
