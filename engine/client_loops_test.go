package engine_test

import (
	"runtime"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// Clients without a server of their own share loops, which end with the last
// of them and start again with the next. That they end is seen when all tests
// are over and no goroutine may be left.
func TestSharedLoopsEndWithLastClient(t *testing.T) {
	s := serve(t, echoing, engine.Options{})
	for range 2 {
		eventually(t, "clients of other tests to go", func() bool { return engine.SharedLoops() == 0 })
		var clients []*engine.Conn
		for range 5 {
			clients = append(clients, dial(t, s, echoing, engine.DialOptions{}))
		}
		for _, c := range clients {
			if n := engine.SharedLoops(); n != runtime.GOMAXPROCS(0) {
				t.Errorf("%d loops while there are clients", n)
			}
			c.Abort()
			eventually(t, "the client to be gone", func() bool { return c.State() == engine.Closed })
		}
		eventually(t, "the loops to end", func() bool { return engine.SharedLoops() == 0 })
	}
}

// A client whose handler ends its loop's goroutine counts as one that has gone.
func TestSharedLoopsEndAfterGoexit(t *testing.T) {
	s := serve(t, echoing, engine.Options{})
	eventually(t, "clients of other tests to go", func() bool { return engine.SharedLoops() == 0 })
	c := dial(t, s, engine.HandlerFuncs{Close: func(*engine.Conn, error) { runtime.Goexit() }}, engine.DialOptions{})
	c.Abort()
	eventually(t, "the loops to end", func() bool { return engine.SharedLoops() == 0 })
}

// A handshake that fails counts as a client that has gone.
func TestSharedLoopsEndAfterRefusal(t *testing.T) {
	s := serve(t, echoing, engine.Options{Subprotocols: []string{"ours"}})
	for range 3 {
		if _, err := engine.Dial(within(t, patience), s.url(), unused(t), engine.DialOptions{Subprotocols: []string{"theirs"}}); err == nil {
			t.Fatal("the handshake was not refused")
		}
	}
	eventually(t, "the loops to end", func() bool { return engine.SharedLoops() == 0 })
}
