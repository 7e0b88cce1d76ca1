package report

import (
	"os"
	"sync/atomic"
	"testing"
	"time"
)

func TestProgressIsQuietOnNoTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if terminal(null) {
		t.Fatal("/dev/null is no terminal")
	}
	stderr := os.Stderr
	defer func() { os.Stderr = stderr }()
	os.Stderr = null
	Progress(func() string { t.Error("asked for a line"); return "" })()
}

func TestRepeatEndsOnce(t *testing.T) {
	shown := make(chan struct{}, 3)
	var ended atomic.Int32
	stop := repeat(time.Millisecond, func() {
		select {
		case shown <- struct{}{}:
		default:
		}
	}, func() { ended.Add(1) })
	for range cap(shown) {
		select {
		case <-shown:
		case <-time.After(20 * time.Second):
			t.Fatal("not shown again")
		}
	}
	stop()
	if n := ended.Load(); n != 1 {
		t.Errorf("ended %d times", n)
	}
}
