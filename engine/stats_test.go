package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func TestStats(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serve(t, r, engine.Options{Loops: 2})
	if st := s.Stats(); st != (engine.Stats{}) {
		t.Errorf("at the start: %+v", st)
	}
	var in, out int
	for range 3 {
		p := open(t, s)
		sent := text("one") + fragment(codec.Binary, false, "t") + fragment(0, true, "wo")
		p.write(sent)
		p.expect(codec.Text, "one")
		p.expect(codec.Binary, "two")
		in += len(request) + len(sent)
		out += 2 * (2 + 3)
	}
	gone := open(t, s)
	gone.reset()
	r.end(t)
	connect(t, s.addr).write("bad request")
	in += len(request) + len("bad request")
	want := engine.Stats{Connections: 4, Open: 3, Timers: 4, Accepted: 5, Refused: 1, Opened: 4, MessagesIn: 6, MessagesOut: 6, BytesIn: uint64(in)}
	eventually(t, "the counts to be right", func() bool {
		got := s.Stats()
		want.BytesOut = got.BytesOut // responses included, whose size is not ours to know
		return got == want && int(got.BytesOut) > out
	})
}

// Each connection has a timer while it is open, and none is left when it has
// gone, in good order or not.
func TestStatsOfTimers(t *testing.T) {
	t.Parallel()
	s := serve(t, record(echoing), engine.Options{Loops: 2})
	peers := []*peer{open(t, s), open(t, s), connect(t, s.addr)}
	eventually(t, "each connection to have a timer", func() bool { return s.Stats().Timers == 3 })
	peers[0].reset()
	eventually(t, "one timer less", func() bool { return s.Stats().Timers == 2 })
	peers[2].reset()
	peers[1].write(closing(codec.CloseNormal, ""))
	peers[1].expectClose(codec.CloseNormal, "")
	peers[1].closeWrite()
	eventually(t, "no timer to be left", func() bool { return s.Stats().Timers == 0 && s.Stats().Connections == 0 })
}
