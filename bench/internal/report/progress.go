package report

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Progress shows a line on standard error, renewed five times a second by
// calling line from a goroutine of its own, until stop is called, which wipes
// it. It shows nothing unless standard error is a terminal.
func Progress(line func() string) (stop func()) {
	if !terminal(os.Stderr) {
		return func() {}
	}
	ended, wiped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(wiped)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprint(os.Stderr, "\r  ", line(), "\x1b[K")
			case <-ended:
				fmt.Fprint(os.Stderr, "\r\x1b[K")
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-wiped
	}
}

func terminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
