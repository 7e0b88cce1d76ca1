package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fault makes a system call fail, without being made.
type fault struct {
	call  string
	errno string
	when  string // which of each thread's calls, as strace has it: "3", or "2+5" for each fifth from the second
}

// strace is attached to a server.
type strace struct {
	cmd *exec.Cmd
	dir string // a file for each thread: so no line is torn
}

// inject lets a fault begin.
//
// Go's runtime makes some of the same calls as we do: for its own poller, on
// which our loops wait, and for the debug port. strace cannot tell them apart by
// the descriptor, as all epoll descriptors are called the same. But it attaches
// only once the server is up, and nothing uses the debug port meanwhile; then
// what is left of the runtime's is epoll_pwait, and read and write on its
// eventfd. With these any error but EINTR ends every Go program, and would be
// the runtime's to answer for; so they get EINTR only. It is also the only one
// that can come to a process which has not lost its descriptors.
func inject(t *testing.T, pid int, f fault) *strace {
	t.Helper()
	s := &strace{dir: t.TempDir()}
	s.cmd = exec.Command("strace", "-f", "-ff", "-yy", "-s", "0", "-e", "signal=none", "-o", filepath.Join(s.dir, "thread"),
		"-e", "trace="+f.call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%s", f.call, f.errno, f.when), "-p", strconv.Itoa(pid))
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill() })
	r := bufio.NewReader(stderr)
	line, _ := r.ReadString('\n')
	if strings.Contains(line, "Operation not permitted") {
		t.Skipf("the kernel lets nobody trace here: %s", line)
	}
	if !strings.Contains(line, "attached") {
		t.Fatalf("strace said %q", line)
	}
	go io.Copy(io.Discard, r)
	return s
}

// injected is a call that was made to fail.
type injected struct {
	fd   int // its first argument
	peer int // port of the client that it was about; 0 if that is not told
	line string
}

var (
	firstArg = regexp.MustCompile(`^[a-z0-9_]+\((\d+)`)
	peerPort = regexp.MustCompile(`->[^\]]*:(\d+)\]`)
)

// injected gives the calls that have failed so far.
func (s *strace) injected(t *testing.T) (all []injected) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(s.dir, "thread.*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if bytes.HasSuffix(line, []byte("(INJECTED)\n")) {
				all = append(all, injected{number(firstArg, line), number(peerPort, line), string(line)})
			}
		}
	}
	return all
}

// number gives what a pattern finds in a line, 0 if nothing.
func number(pattern *regexp.Regexp, line []byte) (n int) {
	if m := pattern.FindSubmatch(line); m != nil {
		n, _ = strconv.Atoi(string(m[1]))
	}
	return n
}

// stop lets the server go on untouched. It may be called twice.
func (s *strace) stop(t *testing.T) {
	t.Helper()
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGINT)
	ended := make(chan struct{})
	go func() { s.cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("strace does not end")
	}
}
