package load

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

func TestSamplesAddUp(t *testing.T) {
	url, _ := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
	g := dial(t, url, 5)
	run := Run{Size: 10, Depth: 1, Messages: 20, Duration: patience}
	first := g.Exchange(t.Context(), run)
	a := g.Sample()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if o := g.Exchange(t.Context(), run); o.Messages != 100 || o.Latency.Count() != 100 {
			t.Errorf("the second time %d messages, %d latencies", o.Messages, o.Latency.Count())
		}
	}()
	var latencies, last uint64
	for last < 200 && clock()-g.record.began < patience {
		s := g.Sample()
		latencies += s.Latency.Count()
		if s.Messages < last || s.At <= a.At || s.Open != 5 || s.Errors != 0 {
			t.Fatalf("%+v", s)
		}
		last = s.Messages
		time.Sleep(time.Millisecond)
	}
	<-done
	if first.Messages != 100 || a.Messages != 100 || a.Latency.Count() != 100 || latencies != 100 || last != 200 {
		t.Errorf("%d messages at first, %d sampled; then %d latencies sampled, %d messages in all", first.Messages, a.Messages, latencies, last)
	}
	g.Close()
}
