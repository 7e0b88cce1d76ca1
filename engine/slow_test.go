package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// What a peer does not read takes little more memory than MaxBuffered.
func TestMemoryOfASlowReader(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{SendPolicy: engine.DropNewest})
	open(t, s)
	c := r.conn(t)
	held := int64(0)
	for err := error(nil); err == nil; {
		err = c.Send(codec.Binary, make([]byte, 32<<10))
		held = max(held, s.Stats().Memory)
	}
	if most := int64(engine.DefaultMaxBuffered + 128<<10); held > most {
		t.Errorf("%d bytes are held, want %d at most", held, most)
	}
}
