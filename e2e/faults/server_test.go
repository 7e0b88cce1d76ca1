package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a running echo server.
type server struct {
	addr   string
	debug  string
	pid    int
	before stock  // what it had before the test
	excuse string // what it may complain about

	cmd    *exec.Cmd
	log    *bytes.Buffer // its stderr; to be read once it has exited
	exited chan error
}

// stock is what a server must have given back when its connections are gone.
type stock struct {
	Connections int `json:"connections"`
	Goroutines  int `json:"goroutines"`
	Timers      int `json:"timers"`
	Buffered    int `json:"buffered_bytes"`
	Descriptors int `json:"-"`
}

// start runs the server on a free port.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	return startIn(t, nil, "127.0.0.1:0", flags...)
}

// startIn runs the server under a command, such as prlimit.
func startIn(t *testing.T, command []string, addr string, flags ...string) *server {
	t.Helper()
	args := slices.Concat(command, []string{os.Getenv("ECHO"), "-addr", addr, "-pprof", "127.0.0.1:0"}, flags)
	s := &server{cmd: exec.Command(args[0], args[1:]...), log: &bytes.Buffer{}, exited: make(chan error, 1)}
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = s.cmd.Process.Pid
	t.Cleanup(func() { s.cmd.Process.Kill() })
	first := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		first <- line
		io.Copy(io.Discard, r)
		s.exited <- s.cmd.Wait()
	}()
	s.addr = s.listeningAt(t, first)
	s.debug = s.findDebug(t)
	s.warmUp(t)
	return s
}

func (s *server) listeningAt(t *testing.T, first <-chan string) string {
	t.Helper()
	select {
	case line := <-first:
		addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
		if !ok {
			t.Fatalf("the server's first line is %q", line)
		}
		return addr
	case <-time.After(patience):
		t.Fatal("the server did not say where it listens")
		return ""
	}
}

func (s *server) port() int {
	n, _ := strconv.Atoi(s.addr[strings.LastIndexByte(s.addr, ':')+1:])
	return n
}

// findDebug finds the other port that the server listens on: it does not tell.
func (s *server) findDebug(t *testing.T) string {
	t.Helper()
	own := map[string]bool{}
	for _, name := range descriptors(s.pid) {
		own[name] = true
	}
	for _, k := range sockets(t, s.pid) {
		if k.state == listening && k.local != s.port() && own["socket:["+k.inode+"]"] {
			return fmt.Sprintf("127.0.0.1:%d", k.local)
		}
	}
	t.Fatal("the server has no debug port")
	return ""
}

// warmUp uses all that a server makes at its first use, and takes stock.
func (s *server) warmUp(t *testing.T) {
	t.Helper()
	clients := openAll(t, 4, s.addr, chat)
	goOn(t, clients, 2)
	mustComplete(t, clients...)
	last := s.stock(t)
	waitUntil(t, "the server is at rest", func() bool {
		before := last
		last = s.stock(t)
		return last == before && last.Connections == 0 && last.Buffered == 0
	})
	s.before = last
}

// noKeepAlive is for requests that leave no connection behind.
var noKeepAlive = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

// stock asks the server, over its debug port.
func (s *server) stock(t *testing.T) (now stock) {
	t.Helper()
	answer, err := noKeepAlive.Get("http://" + s.debug + "/debug/memory?collect=no")
	if err != nil {
		t.Fatal(err)
	}
	err = json.NewDecoder(answer.Body).Decode(&now)
	answer.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	now.Descriptors = s.descriptors(t)
	return now
}

// descriptors counts the server's, but for the debug port's connections, which
// may take a moment to go.
func (s *server) descriptors(t *testing.T) int {
	t.Helper()
	debugging := map[string]bool{}
	for _, k := range sockets(t, s.pid) {
		if k.state != listening && strings.HasSuffix(s.debug, fmt.Sprintf(":%d", k.local)) {
			debugging["socket:["+k.inode+"]"] = true
		}
	}
	n := 0
	for _, name := range descriptors(s.pid) {
		if !debugging[name] {
			n++
		}
	}
	return n
}

// mustRecover is what every fault must end with, once all clients have gone:
// the server serves new ones, has given everything back (but for so many
// descriptors that the test itself has taken), has had nothing to complain
// about, and ends when it is told to.
func (s *server) mustRecover(t *testing.T, lost int) {
	t.Helper()
	mustComplete(t, openAll(t, 3, s.addr, chat)...)
	want, now := s.before, stock{}
	want.Descriptors += lost
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		now = s.stock(t)
		if now.Goroutines < want.Goroutines {
			now.Goroutines = want.Goroutines // a worker that was idle has ended
		}
		if now == want {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %+v, want %+v; open are %v", now, want, descriptors(s.pid))
		}
	}
	s.mustEnd(t)
}

// mustEnd ends the server gracefully.
func (s *server) mustEnd(t *testing.T) {
	t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.exited:
		if err != nil || s.complains() {
			t.Errorf("the server ended with %v, want status 0; it said %q", err, s.log)
		}
	case <-time.After(patience):
		t.Error("the server did not end after SIGTERM")
	}
}

// complains tells whether the server has logged what it has no excuse for.
func (s *server) complains() bool {
	for line := range strings.Lines(s.log.String()) {
		if s.excuse == "" || !strings.Contains(line, s.excuse) {
			return true
		}
	}
	return false
}
