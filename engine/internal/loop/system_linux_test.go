package loop

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Package signal keeps a goroutine for good, which TestMain is to count.
func init() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH)
	signal.Stop(signals)
}

// Writing to a peer that has gone gives an error and no signal: a program that
// embeds us may have given SIGPIPE a meaning.
func TestSystemRaisesNoSignal(t *testing.T) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGPIPE, syscall.SIGWINCH)
	defer signal.Stop(signals)
	onEachWrite(t, func(t *testing.T, write func(fd int, head, tail []byte) (int, Errno)) {
		a, b := socketPair(t)
		unix.Shutdown(b, unix.SHUT_RD)
		if n, e := write(a, []byte("head"), []byte("tail")); e != syscall.EPIPE {
			t.Errorf("wrote %d bytes: %v, want %v", n, e, syscall.EPIPE)
		}
		syscall.Kill(os.Getpid(), syscall.SIGWINCH) // comes after what came before
		if got := receive(t, signals); got != syscall.SIGWINCH {
			t.Errorf("raised %v", got)
			receive(t, signals)
		}
	})
}
