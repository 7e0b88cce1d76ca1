package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof" // its handlers
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// serveDebug serves net/http/pprof and /debug/memory at addr, if it is not "".
// The latter collects all garbage first, unless it is asked with ?collect=no.
func serveDebug(addr string, srv *engine.Server) error {
	if addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	http.HandleFunc("/debug/memory", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("collect") != "no" {
			collect()
		}
		json.NewEncoder(w).Encode(readMemory(srv))
	})
	go http.Serve(l, nil)
	return nil
}

// memory is what /debug/memory answers.
type memory struct {
	PID         int    `json:"pid"`
	Goroutines  int    `json:"goroutines"`
	Threads     int    `json:"threads"`    // 0 where there is no /proc
	RSS         int    `json:"rss_bytes"`  // likewise
	Heap        uint64 `json:"heap_bytes"` // of live objects
	Sys         uint64 `json:"sys_bytes"`  // asked of the system, given back or not
	Connections int64  `json:"connections"`
	Timers      int64  `json:"timers"`
	Buffered    int64  `json:"buffered_bytes"` // of all connections: engine.Stats.Memory

	// Garbage collections since the start, this page's own among them. The
	// longest pause is that of the last 256 collections.
	GCCount      int64         `json:"gc_count"`
	GCPauseTotal time.Duration `json:"gc_pause_total_ns"`
	GCPauseMax   time.Duration `json:"gc_pause_max_ns"`
}

// collect gives back to the system all that is not in use, so that what is left
// is what the connections need.
func collect() {
	runtime.GC() // what pools hold outlives one collection
	debug.FreeOSMemory()
}

func readMemory(srv *engine.Server) memory {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var gc debug.GCStats
	debug.ReadGCStats(&gc)
	stats := srv.Stats()
	return memory{
		PID:          os.Getpid(),
		Goroutines:   runtime.NumGoroutine(),
		Threads:      procField("status", "Threads"),
		RSS:          procField("smaps_rollup", "Rss") << 10,
		Heap:         m.HeapAlloc,
		Sys:          m.Sys,
		Connections:  stats.Connections,
		Timers:       stats.Timers,
		Buffered:     stats.Memory,
		GCCount:      gc.NumGC,
		GCPauseTotal: gc.PauseTotal,
		GCPauseMax:   slices.Max(append(gc.Pause, 0)),
	}
}

// procField gives the number in a line "name:  number ..." of /proc/self/file.
func procField(file, name string) (n int) {
	text, _ := os.ReadFile("/proc/self/" + file)
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte(name+":")); ok {
			fmt.Sscan(string(value), &n)
		}
	}
	return n
}
