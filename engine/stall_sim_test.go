package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

var maskedPong = codec.AppendMaskedFrame(nil, codec.Pong, nil, [4]byte{1, 2, 3, 4})

// A server that did not run for longer than its peers may be silent pings them
// first, and gives them their time to answer.
func TestStallBeforePing(t *testing.T) {
	const limit, stall = 10 * time.Second, time.Hour
	v := newVirtual(t, Options{IdleTimeout: limit})
	v.sys.Advance(stall)
	began := stall - time.Second // one second of it counts
	around(t, "pinged", v.await("a ping", v.pinged), began+limit/2)
	around(t, "cut", v.await("the end", func() bool { return v.end != nil }), began+limit)
	if !errors.Is(v.end, ErrIdleTimeout) {
		t.Errorf("OnClose got %v", v.end)
	}
}

// An answer that lay in the socket meanwhile is heard, however late.
func TestStallAfterPing(t *testing.T) {
	const limit = 10 * time.Second
	for _, stall := range []time.Duration{limit / 2, limit, time.Hour} {
		v := newVirtual(t, Options{IdleTimeout: limit})
		v.await("a ping", v.pinged)
		v.write(maskedPong)
		v.sys.Advance(stall)
		since := time.Duration(v.sys.Now() - v.opened)
		around(t, "pinged again", v.await("a ping", v.pinged), since+limit/2)
	}
}

// The answer to a Close is awaited while the server runs.
func TestStallAfterClose(t *testing.T) {
	const limit = 5 * time.Second
	for _, answered := range []bool{true, false} {
		v := newVirtual(t, Options{CloseTimeout: limit})
		v.conn().Close(codec.CloseNormal, "")
		v.await("its timer", func() bool { return !v.conn().conn.Attending() })
		if answered {
			v.write(codec.AppendMaskedClose(nil, codec.CloseNormal, "", [4]byte{1, 2, 3, 4}))
		}
		v.sys.Advance(time.Hour)
		v.opened = v.sys.Now()
		took := v.await("the end", func() bool { return v.end != nil })
		if end := v.end.(*CloseError); end.Clean != answered {
			t.Errorf("answered: %v, OnClose got %v", answered, end)
		}
		if !answered {
			around(t, "cut", took, limit-time.Second)
		}
	}
}

// conn gives the server's end.
func (v *virtual) conn() *Conn { return connOf(v.loop.Conn(0)) }
