package engine

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

func TestDeparturesFit(t *testing.T) {
	for _, n := range []int{0, 1, 2, 99, 512, 513, 1_000_000} {
		for _, over := range []time.Duration{0, time.Millisecond, time.Second, time.Hour} {
			d := newDeparture(n, over)
			slices := (n + d.slice - 1) / d.slice
			took := time.Duration(slices) * d.pause
			if d.slice < 1 || d.slice > drainSlice || took > over+d.pause || n > 1 && over >= time.Second && took < over*9/10 {
				t.Errorf("%d slots over %v: %d slices of %d, in all %v", n, over, slices, d.slice, took)
			}
		}
	}
}

// A connection that one loop accepts for another, in the moment in which a
// shutdown begins, is answered.
func TestShutdownAnswersWhomItHasAccepted(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s := NewServer(HandlerFuncs{}, Options{Loops: 2})
	g, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	l, err := listenTCP("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := g.sessions[0].listen(l, func() *loop.Loop { return g.sessions[1].loop }, nil); err != nil {
		t.Fatal(err)
	}
	busy, release := make(chan bool), make(chan bool)
	g.sessions[0].loop.Post(func() { close(busy); <-release })
	<-busy
	c, err := net.Dial("tcp", l.Addr().String()) // waits to be accepted
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	<-s.closing
	for range 100 { // that the other loop may drain, if it does so without the first
		turned := make(chan bool)
		g.sessions[1].loop.Post(func() { close(turned) })
		<-turned
	}
	close(release)
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
		t.Errorf("got %q, %v", answer, err)
	}
	c.Close()
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
