package engine_test

import (
	"strings"
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

// Many requests in one read, whose answers are much larger, do not make a peer
// that reads them a slow one: it is answered as fast as it reads.
func TestLargeAnswersToOneRead(t *testing.T) {
	for name, o := range map[string]engine.Options{"on the loop": {}, "on workers": {Workers: 1}, "compressed": {Compression: &engine.Compression{}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const requests = 5000
			answer := pattern(10 << 10)
			s := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
				c.SendText(answer)
			}}, o)
			p, _ := agree(t, s, browserOffer)
			p.write(strings.Repeat(text("?"), requests))
			for range requests {
				p.expect(codec.Text, answer)
			}
			p.write(closing(1000, ""))
			p.expectClose(1000, "")
		})
	}
}
