package loop

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/pool"
)

// patience is how long a test waits for what must come. It is long, as a
// machine may be busy, and costs nothing as long as tests pass.
const patience = 20 * time.Second

// Buffers that are given back are poisoned, except where that would be
// measured.
func TestMain(m *testing.M) {
	flag.Parse()
	pool.Debug(!benchmarking())
	if _, err := newStock(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	before, _ := newStock() // the runtime has opened its own descriptors by now
	code := m.Run()
	if code == 0 {
		code = before.compare()
	}
	os.Exit(code)
}

// benchmarking tells that benchmarks alone are run, as with -run='^$'. Beside
// tests they pass too, but are slower, as buffers are poisoned.
func benchmarking() bool {
	return flag.Lookup("test.bench").Value.String() != "" && flag.Lookup("test.run").Value.String() != ""
}

// stock is what tests have to give back.
type stock struct{ goroutines, descriptors, buffers int }

func newStock() (stock, error) {
	r, w, err := os.Pipe() // makes the runtime start its poller
	if err != nil {
		return stock{}, err
	}
	if err := errors.Join(r.Close(), w.Close()); err != nil {
		return stock{}, err
	}
	return stock{runtime.NumGoroutine(), openDescriptors(), pool.Lent()}, nil
}

// openDescriptors counts the process's descriptors; 0 where it cannot.
func openDescriptors() int {
	entries, _ := os.ReadDir("/dev/fd")
	return len(entries)
}

// compare gives the exit code: 0 once all is back.
func (before stock) compare() int {
	var now stock
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		var err error
		if now, err = newStock(); err == nil && now.goroutines <= before.goroutines &&
			now.descriptors <= before.descriptors && now.buffers == before.buffers {
			return 0
		}
		if time.Now().After(deadline) {
			break
		}
	}
	fmt.Fprintf(os.Stderr, "left behind: %+v at the start, %+v at the end\n", before, now)
	pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
	return 1
}
