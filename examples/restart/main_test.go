package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

const patience = 20 * time.Second

// program is the built server.
var program string

// launchVar makes the test program start the server as systemd does: the
// variable LISTEN_PID must have the process's own number.
const launchVar = "RESTART_TEST_LAUNCH"

func TestMain(m *testing.M) {
	if program := os.Getenv(launchVar); program != "" {
		os.Setenv("LISTEN_PID", fmt.Sprint(os.Getpid()))
		os.Unsetenv(launchVar)
		log.Fatal(syscall.Exec(program, os.Args, os.Environ()))
	}
	dir, err := os.MkdirTemp("", "restart")
	if err != nil {
		log.Fatal(err)
	}
	program = filepath.Join(dir, "restart")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		log.Fatalf("%v\n%s", err, out)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// server is the processes that serve one after the other.
type server struct {
	t     *testing.T
	first *exec.Cmd
	lines *bufio.Reader
	addr  string
	pid   int
}

func start(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	cmd.Stderr = os.Stderr
	out, in, err := os.Pipe() // which all processes have
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	s := &server{t: t, first: cmd, lines: bufio.NewReader(out)}
	t.Cleanup(func() { s.end(); out.Close() })
	out.SetReadDeadline(time.Now().Add(2 * patience))
	s.expectNext()
	return s
}

// expectNext waits until a process says that it serves.
func (s *server) expectNext() {
	s.t.Helper()
	line, err := s.lines.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscanf(line, "process %d listening on %s\n", &s.pid, &s.addr)
	}
	if err != nil {
		s.t.Fatalf("%q: %v", line, err)
	}
}

// end tells the last process to end, and waits until none is left.
func (s *server) end() {
	if s.pid != 0 {
		syscall.Kill(s.pid, syscall.SIGTERM)
	}
	if rest, err := s.lines.ReadString(0); rest != "" || errors.Is(err, os.ErrDeadlineExceeded) {
		s.t.Errorf("at the end: %q, %v", rest, err)
	}
	if err := s.first.Wait(); err != nil {
		s.t.Error("the first process: ", err)
	}
}

// replace has the next process take over, in which it tells old's client.
func (s *server) replace() {
	s.t.Helper()
	c, closed := s.dial()
	old := s.pid
	syscall.Kill(old, syscall.SIGHUP)
	if s.expectNext(); s.pid == old {
		s.t.Fatalf("process %d serves as before", old)
	}
	select {
	case err := <-closed:
		if e, ok := errors.AsType[*engine.CloseError](err); !ok || e.Code != codec.CloseGoingAway || !e.Clean {
			s.t.Errorf("the old process closed with %v", err)
		}
	case <-time.After(patience):
		s.t.Error("the old process does not close its connections")
		c.Abort()
	}
	s.dial()
}

// dial opens a connection that echoes.
func (s *server) dial() (*engine.Conn, chan error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	got, closed := make(chan string, 1), make(chan error, 1)
	c, err := engine.Dial(ctx, "ws://"+s.addr, engine.HandlerFuncs{
		Message: func(_ *engine.Conn, _ codec.Opcode, p []byte) { got <- string(p) },
		Close:   func(_ *engine.Conn, err error) { closed <- err },
	}, engine.DialOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Abort)
	c.SendText("hello")
	select {
	case text := <-got:
		if text != "hello" {
			s.t.Errorf("got %q", text)
		}
	case err := <-closed:
		s.t.Fatal(err)
	case <-ctx.Done():
		s.t.Fatal("no echo")
	}
	return c, closed
}

func TestRestart(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	s := start(t, exec.Command(program, "-addr", "127.0.0.1:0", "-pid", pidFile))
	addr := s.addr
	for range 2 {
		s.replace()
		if s.addr != addr {
			t.Errorf("it was at %s, and is at %s", addr, s.addr)
		}
		if text, err := os.ReadFile(pidFile); err != nil || strings.TrimSpace(string(text)) != fmt.Sprint(s.pid) {
			t.Errorf("process %d serves; the file has %q, %v", s.pid, text, err)
		}
	}
}

// systemd has opened the socket, and supervises whichever process serves.
func TestActivated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notify, err := net.ListenPacket("unixgram", filepath.Join(dir, "notify"))
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	notify.SetDeadline(time.Now().Add(2 * patience))
	expect := func(want string) {
		t.Helper()
		b := make([]byte, 100)
		if n, _, err := notify.ReadFrom(b); err != nil || string(b[:n]) != want {
			t.Errorf("systemd was told %q (%v), want %q", b[:n], err, want)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	defer socket.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Args = []string{program} // the launcher passes them on
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), launchVar+"="+program, "LISTEN_FDS=1", "LISTEN_FDNAMES=ws", "NOTIFY_SOCKET="+notify.LocalAddr().String())
	s := start(t, cmd)
	if s.addr != l.Addr().String() || s.pid != cmd.Process.Pid {
		t.Errorf("process %d serves at %s, want %d at %v", s.pid, s.addr, cmd.Process.Pid, l.Addr())
	}
	expect("READY=1")
	for range 2 {
		s.replace()
		expect(fmt.Sprint("MAINPID=", s.pid))
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]int{"-nonsense": 2, "-addr=nowhere:x": 1, "-pid=/does/not/exist": 1} {
		cmd := exec.Command(program, "-addr=127.0.0.1:0", arg)
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != want {
			t.Errorf("%s: %v, want status %d", arg, err, want)
		}
	}
}

// The file names the process that serves also after a hand-over that failed late:
// here because systemd cannot be told.
func TestPIDAfterFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pidFile := filepath.Join(dir, "pid")
	notify, err := net.ListenPacket("unixgram", filepath.Join(dir, "notify"))
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	notify.SetDeadline(time.Now().Add(patience))
	cmd := exec.Command(program, "-addr", "127.0.0.1:0", "-pid", pidFile)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+notify.LocalAddr().String())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	if _, _, err := notify.ReadFrom(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	notify.Close()
	if err := os.WriteFile(pidFile, []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Signal(syscall.SIGHUP)
	for last := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(pidFile)
		if err == nil && strings.TrimSpace(string(text)) == fmt.Sprint(cmd.Process.Pid) {
			return
		}
		if time.Now().After(last) {
			t.Fatalf("process %d serves; the file has %q, %v", cmd.Process.Pid, text, err)
		}
	}
}
