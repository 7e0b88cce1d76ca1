package engine_test

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/pool"
)

// Buffers that are given back are poisoned, except where that would be
// measured. At the end nothing may be left of all the servers and clients: no
// goroutine, no descriptor, no buffer.
func TestMain(m *testing.M) {
	if child := os.Getenv(childEnv); child != "" {
		os.Exit(runChild(child))
	}
	flag.Parse()
	pool.Debug(!benchmarking())
	startRuntime()
	before := takeStock()
	code := m.Run()
	if code == 0 {
		code = before.compare()
	}
	os.Exit(code)
}

// startRuntime makes the runtime start what it then keeps: descriptors to poll
// with, and a goroutine that waits for signals, which fuzzing asks for.
func startRuntime() {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, os.Interrupt)
	signal.Stop(ignored)
}

// stock is what a process holds.
type stock struct{ goroutines, descriptors, buffers int }

func takeStock() stock {
	fds, _ := os.ReadDir("/proc/self/fd")
	return stock{runtime.NumGoroutine(), len(fds), pool.Lent()}
}

func (s stock) holdsMoreThan(before stock) bool {
	return s.goroutines > before.goroutines || s.descriptors > before.descriptors || s.buffers != before.buffers
}

// compare gives the tests' exit code.
func (s stock) compare() int {
	now := takeStock()
	for end := time.Now().Add(patience); now.holdsMoreThan(s) && time.Now().Before(end); now = takeStock() {
		time.Sleep(time.Millisecond)
	}
	if !now.holdsMoreThan(s) {
		return 0
	}
	var stacks bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&stacks, 1)
	fmt.Printf("left over: %+v at the start, %+v at the end\n%s", s, now, &stacks)
	return 1
}
