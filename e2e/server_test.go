package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for anything before it fails.
const patience = 15 * time.Second

var echoProgram string

func TestMain(m *testing.M) {
	status, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func buildAndRun(m *testing.M) (status int, err error) {
	if echoProgram = os.Getenv("ECHO"); echoProgram != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "sockeye-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	echoProgram = filepath.Join(dir, "echo")
	build := exec.Command("go", "build", "-o", echoProgram, "./echo")
	build.Dir = "../examples"
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building examples/echo: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// server is a running server process.
type server struct {
	url  string
	addr string

	process *os.Process
	exited  chan error
	asked   sync.Once // to end: a second signal would kill it
}

// startEcho runs the echo server on a free port of 127.0.0.1. When the test
// ends, it must stop gracefully.
func startEcho(t *testing.T, flags ...string) *server {
	t.Helper()
	cmd := exec.Command(echoProgram, append([]string{"-addr", "127.0.0.1:0"}, flags...)...)
	return start(t, cmd)
}

// start runs a server that prints "listening on ADDR" first.
func start(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	log := &bytes.Buffer{}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addr, exited := make(chan string, 1), make(chan error, 1)
	go func() {
		defer close(exited)
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		addr <- strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
		_, _ = io.Copy(io.Discard, r)
		exited <- cmd.Wait()
	}()
	s := &server{process: cmd.Process, exited: exited}
	t.Cleanup(func() { s.stop(t, log) })
	select {
	case s.addr = <-addr:
	case <-time.After(patience):
	}
	if s.addr == "" {
		t.Fatal("the server did not say where it listens")
	}
	s.url = "ws://" + s.addr
	return s
}

// terminate asks the server to shut down gracefully.
func (s *server) terminate() {
	s.asked.Do(func() { _ = s.process.Signal(syscall.SIGTERM) })
}

// stop ends the server, if it still runs, and demands exit status 0.
func (s *server) stop(t *testing.T, log *bytes.Buffer) {
	select {
	case err, first := <-s.exited:
		if first && err != nil {
			t.Errorf("the server ended early: %v", err)
		}
	default:
		s.terminate()
		s.wait(t)
	}
	if t.Failed() && log.Len() > 0 {
		t.Logf("the server's stderr:\n%s", log)
	}
}

// wait waits for a server that was told to end.
func (s *server) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-s.exited:
		if err != nil {
			t.Errorf("the server did not end with status 0: %v", err)
		}
	case <-time.After(patience):
		_ = s.process.Kill()
		<-s.exited
		t.Error("the server did not end after SIGTERM; killed")
	}
}
