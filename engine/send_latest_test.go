package engine_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A slow reader gets what was on its way, and then of each key the latest.
func TestSendLatest(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	c := r.conn(t)
	n := 0
	for ; c.Buffered() == 0; n++ {
		if err := c.SendText(numbered(n, 1<<10)); err != nil {
			t.Fatal(err)
		}
	}
	const rounds, keys = 1000, 5
	for i := range rounds {
		for key := range keys {
			if err := c.SendLatest(fmt.Sprint(key), codec.Text, fmt.Appendf(nil, "%d: %d", key, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.SendText("done")
	if got := s.Stats().Replaced; got != keys*(rounds-1) {
		t.Errorf("%d messages replaced, want %d", got, keys*(rounds-1))
	}
	for i := range n {
		p.expect(codec.Text, numbered(i, 1<<10))
	}
	for key := range keys {
		p.expect(codec.Text, fmt.Sprintf("%d: %d", key, rounds-1))
	}
	p.expect(codec.Text, "done")
}

// While the peer keeps up, it gets everything.
func TestSendLatestReplacesNothingThatIsSent(t *testing.T) {
	t.Parallel()
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{})
	p := open(t, s)
	c := r.conn(t)
	for i := range 100 {
		if err := c.SendLatest("key", codec.Text, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
		p.expect(codec.Text, fmt.Sprint(i))
	}
	if err := c.SendLatest("", codec.Text, nil); err != engine.ErrNoKey {
		t.Errorf("without a key: %v", err)
	}
	if got := s.Stats().Replaced; got != 0 {
		t.Errorf("%d messages replaced", got)
	}
}

// What is refused replaces nothing: the older message of its key comes instead.
// What fits once that is gone is not refused.
func TestSendLatestAtTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{MaxBuffered: limit, SendPolicy: engine.DropNewest})
	p := open(t, s)
	c := r.conn(t)
	narrow(t, c)
	for c.Buffered() == 0 {
		c.Send(codec.Binary, make([]byte, 8<<10))
	}
	latest := func(key, value string) error { return c.SendLatest(key, codec.Text, []byte(value)) }
	large := pattern(limit)
	for _, step := range []struct {
		key, value string
		want       error
	}{
		{"small", "first", nil},
		{"large", "older", nil},
		{"large", large, nil},
		{"small", "refused", engine.ErrBufferFull},
		{"large", "newer", nil},
		{"large", large, nil},
		{"small", "refused", engine.ErrBufferFull},
	} {
		if err := latest(step.key, step.value); err != step.want {
			t.Errorf("SendLatest(%q, %.10q): %v, want %v", step.key, step.value, err, step.want)
		}
	}
	if st := s.Stats(); st.Replaced != 3 || st.Dropped != 2 {
		t.Errorf("%d replaced, %d dropped", st.Replaced, st.Dropped)
	}
	var texts []string
	for len(texts) < 2 {
		if op, b := p.next(); op == codec.Text {
			texts = append(texts, string(b))
		}
	}
	if texts[0] != "first" || texts[1] != large {
		t.Errorf("got %.10q", texts)
	}
}

// What does not fit costs the oldest their place, many at a time; what is under
// way stays.
func TestDropOldest(t *testing.T) {
	t.Parallel()
	const limit = 100 << 10
	r := record(engine.HandlerFuncs{})
	s := serve(t, r, engine.Options{MaxBuffered: limit, SendPolicy: engine.DropOldest})
	p := open(t, s)
	c := r.conn(t)
	const more = 500
	n, beyond, drops := 0, 0, 0
	for ; beyond < more; n++ {
		switch err := c.SendText(numbered(n, 1<<10)); err {
		case nil:
		case engine.ErrOlderDropped:
			drops++
		default:
			t.Fatalf("Send %d: %v", n, err)
		}
		if drops > 0 {
			beyond++
		}
		if held := c.Buffered(); held > limit+2<<10 {
			t.Fatalf("%d bytes are unsent", held)
		}
	}
	dropped := int(s.Stats().DroppedOlder)
	if dropped < more-limit>>10 || drops > more/10 {
		t.Errorf("%d messages dropped for %d, in %d Sends", dropped, more, drops)
	}
	_, first := p.next()
	if string(first) != numbered(0, 1<<10) {
		t.Error("the first message is not the first")
	}
	got, last := 1, 0
	for last != n-1 {
		_, b := p.next()
		i, _ := strconv.Atoi(string(b[:8]))
		if string(b) != numbered(i, 1<<10) || i <= last {
			t.Fatalf("message %.20q after number %d", b, last)
		}
		got, last = got+1, i
	}
	if got+dropped != n {
		t.Errorf("%d messages came and %d were dropped, of %d", got, dropped, n)
	}
}

// BenchmarkDropOldest sends to a peer that reads nothing, with its queue full.
func BenchmarkDropOldest(b *testing.B) {
	for _, size := range []int{100, 10 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			r := record(engine.HandlerFuncs{})
			open(b, serve(b, r, engine.Options{SendPolicy: engine.DropOldest}))
			c, message := r.conn(b), make([]byte, size)
			for c.Send(codec.Binary, message) == nil {
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Send(codec.Binary, message); err != nil && err != engine.ErrOlderDropped {
					b.Fatal(err)
				}
			}
		})
	}
}
