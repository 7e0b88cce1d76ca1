//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A fleet of clients, and others that come all the time, notice nothing of
// several restarts but that they are told to come back.
func TestRestart(t *testing.T) {
	const restarts = 5
	clients := 300
	s := startRestarting(t)
	idle := s.idleDescriptors()
	f := newFleet(t, s.addr, clients)
	for range restarts {
		old := s.pid
		s.hangUp()
		s.expectNext()
		s.expectExit(old)
	}
	f.stop()
	if n := f.comebacks.Load(); n < int64(restarts*clients) {
		t.Errorf("%d clients came back %d times, after %d restarts", clients, n, restarts)
	}
	if n := f.visits.Load(); n < 100 {
		t.Errorf("only %d clients came and went", n)
	}
	for end := time.Now().Add(patience); len(s.descriptors()) > idle; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("descriptors after %d restarts, %d before: %v", restarts, idle, s.descriptors())
		}
	}
	s.end()
	if text := s.log.String(); text != "" {
		t.Errorf("it has logged:\n%s", text)
	}
	t.Logf("%d clients came back %d times, %d came and went", clients, f.comebacks.Load(), f.visits.Load())
}

// A next process that does not start changes nothing.
func TestRestartFails(t *testing.T) {
	s := startRestarting(t)
	f := newFleet(t, s.addr, 10)
	good := must(os.ReadFile(s.program))
	for _, broken := range []struct {
		text string
		mode os.FileMode
		want string
	}{
		{"#!/bin/sh\necho cannot start >&2\nexit 7\n", 0o700, "going on: listen: the next process ended before it was ready: exit status 7"},
		{"#!/bin/sh\nkill -9 $$\n", 0o700, "going on: listen: the next process ended before it was ready: signal: killed"},
		{"#!/does/not/exist\n", 0o700, "going on: listen: start the next process: "},
	} {
		s.replaceProgram(broken.text, broken.mode)
		s.hangUp()
		s.expectLog(broken.want)
	}
	if n := f.comebacks.Load(); n != 0 {
		t.Errorf("%d clients were told to go", n)
	}
	s.replaceProgram(string(good), 0o700)
	old := s.pid
	s.hangUp()
	s.expectNext()
	s.expectExit(old)
	f.stop()
	s.end()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// restarting is examples/restart, whichever process it is now.
type restarting struct {
	t       *testing.T
	program string
	addr    string
	pid     int
	lines   chan string // on its standard output; closed when no process is left
	log     syncBuffer  // its standard error
}

// startRestarting builds and starts it. Its later processes become children of
// the test when those before them have ended, so that their ends can be seen.
func startRestarting(t *testing.T) *restarting {
	t.Helper()
	s := &restarting{t: t, program: filepath.Join(t.TempDir(), "restart"), lines: make(chan string, 100)}
	build := exec.Command("go", "build", "-o", s.program, "./restart")
	build.Dir = "../examples"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building examples/restart: %v\n%s", err, out)
	}
	adoptOrphans(t)
	cmd := exec.Command(s.program, "-addr", "127.0.0.1:0")
	stdout, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, log, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	log.Close()
	go func() {
		defer close(s.lines)
		defer stdout.Close()
		for r := bufio.NewScanner(stdout); r.Scan(); {
			s.lines <- r.Text()
		}
	}()
	go func() {
		io.Copy(&s.log, stderr)
		stderr.Close()
	}()
	s.pid = cmd.Process.Pid
	t.Cleanup(func() {
		if s.pid != 0 {
			syscall.Kill(s.pid, syscall.SIGKILL)
			t.Logf("it has logged:\n%s", s.log.String())
		}
	})
	s.expectNext()
	return s
}

// adoptOrphans makes processes whose parent has ended children of this one.
func adoptOrphans(t *testing.T) {
	const setChildSubreaper = 36
	set := func(on uintptr) {
		if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, on, 0); e != 0 {
			t.Fatal("prctl: ", e)
		}
	}
	set(1)
	t.Cleanup(func() { set(0) })
}

// expectNext waits until a process says that it serves.
func (s *restarting) expectNext() {
	s.t.Helper()
	select {
	case line := <-s.lines:
		var pid int
		var addr string
		if _, err := fmt.Sscanf(line, "process %d listening on %s", &pid, &addr); err != nil || s.addr != "" && (addr != s.addr || pid == s.pid) {
			s.t.Fatalf("%q: %v; before it was process %d on %s", line, err, s.pid, s.addr)
		}
		s.pid, s.addr = pid, addr
	case <-time.After(patience):
		s.t.Fatalf("no process says that it serves; they have logged:\n%s", s.log.String())
	}
}

func (s *restarting) hangUp() {
	s.t.Helper()
	if err := syscall.Kill(s.pid, syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
}

// expectExit waits for the end of a process, which must have status 0.
func (s *restarting) expectExit(pid int) {
	s.t.Helper()
	for end := time.Now().Add(2 * patience); ; time.Sleep(time.Millisecond) {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
		if got == pid {
			if status != 0 {
				s.t.Errorf("process %d ended with %#x, want status 0", pid, status)
			}
			return
		}
		if err != nil && !errors.Is(err, syscall.EINTR) || time.Now().After(end) {
			s.t.Fatalf("waiting for process %d: %v; they have logged:\n%s", pid, err, s.log.String())
		}
	}
}

// end ends the last process, after which there must be none.
func (s *restarting) end() {
	s.t.Helper()
	syscall.Kill(s.pid, syscall.SIGTERM)
	s.expectExit(s.pid)
	s.pid = 0
	select {
	case line, more := <-s.lines:
		if more {
			s.t.Errorf("at the end: %q", line)
		}
	case <-time.After(patience):
		s.t.Error("a process is left")
	}
}

// idleDescriptors counts those without connections, once it has had one: only
// then all of the server runs.
func (s *restarting) idleDescriptors() int {
	s.t.Helper()
	c := libraries[0].open(s.t, "ws://"+s.addr, dialOptions{})
	defer c.cut()
	echo(s.t, c, numbered(0))
	return len(s.descriptors()) - 1
}

// descriptors tells what those of the process that serves are.
func (s *restarting) descriptors() (what []string) {
	dir := fmt.Sprintf("/proc/%d/fd/", s.pid)
	all, err := os.ReadDir(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, fd := range all {
		to, _ := os.Readlink(dir + fd.Name())
		what = append(what, fd.Name()+" "+to)
	}
	return what
}

// replaceProgram puts another file in the program's place, as an installation
// does.
func (s *restarting) replaceProgram(text string, mode os.FileMode) {
	s.t.Helper()
	if err := os.WriteFile(s.program+".new", []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(s.program+".new", s.program); err != nil {
		s.t.Fatal(err)
	}
}

// expectLog waits for a text on standard error.
func (s *restarting) expectLog(text string) {
	s.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(s.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited in vain for %q in the log:\n%s", text, s.log.String())
		}
	}
}

// syncBuffer is written and read by several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// fleet is a number of clients that stay connected, and some that come and go.
type fleet struct {
	t         *testing.T
	url       string
	ctx       context.Context
	cancel    func()
	running   sync.WaitGroup
	comebacks atomic.Int64 // after a Close with 1001
	visits    atomic.Int64
}

// Of those that come and go, some take their time from connecting to the
// handshake.
const (
	visitors = 4
	slow     = 16
	slowTime = 300 * time.Millisecond
)

// newFleet starts the clients, and waits until all are connected.
func newFleet(t *testing.T, addr string, clients int) *fleet {
	f := &fleet{t: t, url: "ws://" + addr}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	t.Cleanup(f.stop)
	var connected sync.WaitGroup
	connected.Add(clients)
	for i := range clients {
		f.running.Go(func() { f.stay(i, connected.Done) })
	}
	connected.Wait()
	for i := range visitors {
		f.running.Go(func() { f.comeAndGo(clients+i, 0) })
	}
	for i := range slow {
		f.running.Go(func() { f.comeAndGo(clients+visitors+i, slowTime) })
	}
	return f
}

func (f *fleet) stop() {
	f.cancel()
	f.running.Wait()
}

// stay keeps a client connected, and lets it talk.
func (f *fleet) stay(i int, connected func()) {
	connected = sync.OnceFunc(connected)
	defer connected()
	for f.ctx.Err() == nil {
		told := f.visit(i, 0, func(n int) bool {
			connected()
			select {
			case <-f.ctx.Done():
				return false
			case <-time.After(50 * time.Millisecond):
				return true
			}
		})
		if !told {
			return
		}
		f.comebacks.Add(1)
	}
}

// comeAndGo connects again and again, but leaves the system some ports.
func (f *fleet) comeAndGo(i int, pause time.Duration) {
	for f.ctx.Err() == nil {
		f.visit(i, pause, func(n int) bool { return n < 3 })
		f.visits.Add(1)
		time.Sleep(2 * time.Millisecond)
	}
}

// visit connects, does the handshake after a pause, and sends a message as long
// as more says so after those before. It tells whether it was told to come back. All else fails the test.
func (f *fleet) visit(i int, pause time.Duration, more func(n int) bool) (told bool) {
	dialer := websocket.Dialer{HandshakeTimeout: patience, NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.DialTimeout(network, addr, patience)
		time.Sleep(pause)
		return c, err
	}}
	c, resp, err := dialer.Dial(f.url, nil)
	if err != nil {
		status := ""
		if resp != nil {
			status = resp.Status
		}
		f.fail("client %d cannot connect: %v %s", i, err, status)
		return false
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(10 * patience))
	for n := 0; ; n++ {
		sent := fmt.Sprintf("message %d of client %d", n, i)
		if err := c.WriteMessage(websocket.TextMessage, []byte(sent)); err != nil {
			f.fail("client %d cannot send: %v", i, err)
			return false
		}
		_, got, err := c.ReadMessage()
		switch {
		case websocket.IsCloseError(err, websocket.CloseGoingAway):
			return true
		case err != nil:
			f.fail("client %d: %v", i, err)
			return false
		case string(got) != sent:
			f.fail("client %d got %q, want %q", i, got, sent)
			return false
		}
		if !more(n) {
			c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
			return false
		}
	}
}

// fail fails the test, and ends the fleet.
func (f *fleet) fail(format string, args ...any) {
	f.t.Errorf(format, args...)
	f.cancel()
}
