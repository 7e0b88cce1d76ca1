package listen_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// waiting is a process that waits to be told to go on, and that others may have
// started.
type waiting struct {
	t       testing.TB
	tell    *os.File
	lines   *bufio.Reader
	process *os.Process
}

// wire connects what cmd reads and writes, and so that of whoever it starts.
func wire(t testing.TB, cmd *exec.Cmd) (w *waiting, started func()) {
	t.Helper()
	in, tell, err := os.Pipe()
	out, write, err2 := os.Pipe()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, f := range []*os.File{in, tell, out, write} {
			f.Close()
		}
	})
	out.SetReadDeadline(time.Now().Add(patience))
	cmd.Stdin, cmd.Stdout = in, write
	w = &waiting{t: t, tell: tell, lines: bufio.NewReader(out)}
	return w, func() {
		t.Helper()
		var pid int
		if _, err := fmt.Sscanln(w.line(), &pid); err != nil {
			t.Fatal("what waits does not tell its number: ", err)
		}
		w.process, _ = os.FindProcess(pid)
		t.Cleanup(func() {
			w.process.Kill()
			w.process.Release()
		})
	}
}

func (w *waiting) line() string {
	w.t.Helper()
	line, err := w.lines.ReadString('\n')
	if err != nil {
		w.t.Fatalf("%q: %v", line, err)
	}
	return line
}

// goOn lets it serve, and gives what it says then.
func (w *waiting) goOn() string {
	w.t.Helper()
	w.tell.Write([]byte{'\n'})
	return w.line()
}

// Whoever closes a Unix listener while it is handed over leaves its path to the
// next process.
func TestCloseWhileHandingOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	sockets, all := opened(t, path)
	next := child("later " + path)
	w, started := wire(t, next)
	done := make(chan error, 1)
	go func() { done <- sockets.HandOver(within(t, patience), next) }()
	started()
	all[0].Close()
	w.goOn()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if absent(path) {
		t.Fatal("the path was removed before the next process served")
	}
	if end(t, pid(t, all[0].Addr()), all[0].Addr()); !absent(path) {
		t.Error("the path is there in the end")
	}
}

// Nobody serves a path any more that the next process does not ask for.
func TestPathOfWhatIsNotWanted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	sockets, all := opened(t, "ws", path)
	if err := sockets.HandOver(within(t, patience), child("serve ws")); err != nil {
		t.Fatal(err)
	}
	all[1].Close()
	who := pid(t, all[0].Addr()) // all is closed by now: it has begun to serve
	for last := time.Now().Add(patience); !absent(path); time.Sleep(time.Millisecond) {
		if time.Now().After(last) {
			t.Fatal("the path is there")
		}
	}
	end(t, who, all[0].Addr())
}

// The process before may die before the next one has looked who started it: that
// serves alone then.
func TestProcessBeforeDiesAtOnce(t *testing.T) {
	t.Parallel()
	before := child("replace later ws")
	w, started := wire(t, before)
	if err := before.Start(); err != nil {
		t.Fatal(err)
	}
	started()
	before.Process.Kill()
	before.Wait()
	if got := w.goOn(); got != "ready\n" {
		t.Errorf("the next process says %q", got)
	}
}

// One that gives up, but cannot kill the next process, since a wrapper is between,
// goes on alone.
func TestGivesUpBehindWrapper(t *testing.T) {
	t.Parallel()
	sockets, _ := opened(t, "ws")
	wrapper := child("wrap serve wait ws")
	w, started := wire(t, wrapper)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sockets.HandOver(ctx, wrapper) }()
	started()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := w.goOn(); !strings.Contains(got, "given up") {
		t.Errorf("the next process says %q", got)
	}
}
