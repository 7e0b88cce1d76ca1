package engine

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

// What a client has reserved it gives back, whatever was agreed on.
func TestClientContextMemory(t *testing.T) {
	o := &Compression{ContextTakeover: true, MaxContextMemory: 1}
	c := o.compressor(codec.Config{}, CloseSlow)
	for _, agreed := range []handshake.Deflate{{}, {ServerNoContextTakeover: true}, {ClientNoContextTakeover: true}, {ServerNoContextTakeover: true, ClientNoContextTakeover: true}} {
		d := c.accepted(agreed)
		d.releaseLocked()
		if n := c.used.Load(); n != 0 {
			t.Errorf("%+v: %d bytes are used after the end", agreed, n)
			c.used.Store(0)
		}
	}
}
