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
	roleHandshaker = "handshaker"  // does TLS handshakes
	roleWorker     = "worker"      // calls handlers
	roleHTTP       = "http"        // serves ordinary requests
	roleDeflater   = "deflater"    // compresses large messages for many receivers
)

// workerLabels are made once: workers come and go all the time.
var workerLabels = labels(roleWorker)

// label gives the calling goroutine profiler labels that name its role, and
// more. They replace those it has inherited from the one that started it.
func label(role string, more ...string) { pprof.SetGoroutineLabels(labels(role, more...)) }

func labels(role string, more ...string) context.Context {
	set := pprof.Labels(append([]string{"sockeye.role", role}, more...)...)
	return pprof.WithLabels(context.Background(), set)
}
