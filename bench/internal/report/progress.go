package report

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	redrawn = 200 * time.Millisecond // on a terminal
	written = 5 * time.Second        // in a log
)

// Progress shows a line on standard error, renewed five times a second by
// calling line from a goroutine of its own, until stop is called, which wipes
// it. It shows nothing unless standard error is a terminal.
func Progress(line func() string) (stop func()) {
	if !terminal(os.Stderr) {
		return func() {}
	}
	return repeat(redrawn,
		func() { fmt.Fprint(os.Stderr, "\r  ", line(), "\x1b[K") },
		func() { fmt.Fprint(os.Stderr, "\r\x1b[K") })
}

// ProgressLog is Progress for a log too: where standard error is no terminal
// it writes a line every five seconds.
func ProgressLog(line func() string) (stop func()) {
	if terminal(os.Stderr) {
		return Progress(line)
	}
	return repeat(written, func() { fmt.Fprintln(os.Stderr, line()) }, func() {})
}

// repeat calls show at intervals until stop is called, and then end once.
func repeat(interval time.Duration, show, end func()) (stop func()) {
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer end()
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-stopped:
				return
			}
		}
	}()
	return func() {
		close(stopped)
		<-ended
	}
}

func terminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
