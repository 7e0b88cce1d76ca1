package engine_test

import (
	"io"
	"runtime"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// Echoing small messages allocates nothing, as long as they come whole.
func TestEchoDoesNotAllocate(t *testing.T) {
	if engine.RaceEnabled {
		t.Skip("sync.Pool forgets at random under the race detector")
	}
	const echoes = 10_000
	p := open(t, serve(t, echoing, engine.Options{}))
	request := []byte(text("a small message"))
	response := codec.AppendFrame(nil, codec.Text, []byte("a small message"))
	echo := func(n int) {
		for range n {
			p.Write(request)
			if _, err := io.ReadFull(p.Conn, response); err != nil {
				t.Fatal(err)
			}
		}
	}
	echo(100)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	echo(echoes)
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n >= 100 {
		t.Errorf("%d allocations in %d echoes", n, echoes)
	}
}
