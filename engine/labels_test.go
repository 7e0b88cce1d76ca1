package engine_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

func TestGoroutinesAreLabelled(t *testing.T) { // not in parallel: other servers have the same labels
	s := serve(t, engine.HandlerFuncs{}, engine.Options{Loops: 2})
	open(t, s)
	dial(t, s, engine.HandlerFuncs{}, engine.DialOptions{})
	expectLabels(t,
		`{"sockeye.loop":"0", "sockeye.role":"loop"}`,
		`{"sockeye.loop":"1", "sockeye.role":"loop"}`,
		`{"sockeye.loop":"0", "sockeye.role":"client-loop"}`)

	// The raw peer does not answer the Close, so that Shutdown has to wait.
	ctx, cancel := context.WithCancel(t.Context())
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(ctx) }()
	expectLabels(t, `{"sockeye.role":"shutdown"}`)
	cancel()
	receive(t, "Shutdown to return", down)
}

// Goroutines have only the labels of their role, whoever started them.
func TestLabelsOfCallerAreNotKept(t *testing.T) {
	pprof.Do(t.Context(), pprof.Labels("caller", "test"), func(context.Context) {
		s := serve(t, engine.HandlerFuncs{}, engine.Options{})
		open(t, s)
	})
	expectLabels(t, `{"sockeye.loop":"0", "sockeye.role":"loop"}`)
}

// expectLabels waits until some goroutine has each of the sets of labels.
func expectLabels(t *testing.T, sets ...string) {
	t.Helper()
	for _, want := range sets {
		eventually(t, "a goroutine with labels "+want, func() bool {
			var text strings.Builder
			pprof.Lookup("goroutine").WriteTo(&text, 1)
			return strings.Contains(text.String(), "# labels: "+want)
		})
	}
}
