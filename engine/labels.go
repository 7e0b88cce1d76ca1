package engine

import (
	"context"
	"runtime/pprof"
)

// The roles of the engine's goroutines, as profiles show them.
const (
	roleLoop       = "loop"
	roleClientLoop = "client-loop" // of clients that run on no server's loops
	roleShutdown   = "shutdown"    // waits for connections or loops to end
)

// labelled runs f under profiler labels that name its role, and more. A
// goroutine inherits the labels of the one that started it; f has these alone.
func labelled(f func(), role string, more ...string) {
	labels := pprof.Labels(append([]string{"sockeye.role", role}, more...)...)
	pprof.Do(context.Background(), labels, func(context.Context) { f() })
}
