package listen_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine/listen"
)

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// opened gives sockets that were opened as a child in the role of a server does,
// and are closed when the test ends.
func opened(t testing.TB, names ...string) (*listen.Sockets, []net.Listener) {
	t.Helper()
	sockets := new(listen.Sockets)
	var all []net.Listener
	for _, name := range names {
		l, err := ask(sockets, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		all = append(all, l)
	}
	return sockets, all
}

// pid asks who serves.
func pid(t testing.TB, addr net.Addr) int {
	t.Helper()
	n, err := strconv.Atoi(question(t, addr, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// end tells the process that serves at an address to end, and waits for it.
func end(t testing.TB, pid int, addr net.Addr) {
	t.Helper()
	question(t, addr, "end")
	if status := reap(t, pid); status != 0 {
		t.Errorf("the next process ended with status %d", status)
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	sockets, all := opened(t, "closed", "ws", path)
	all[0].Close()
	tcp, unix := all[1], all[2]
	early, err := net.Dial("tcp", tcp.Addr().String()) // waits to be accepted
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	next := child("serve ws " + path)
	next.ExtraFiles = []*os.File{os.Stdin} // the caller's own come first
	if err := sockets.HandOver(within(t, patience), next); err != nil {
		t.Fatal(err)
	}
	if err := sockets.HandOver(within(t, patience), nil); err == nil || !strings.Contains(err.Error(), "another process serves") {
		t.Errorf("a second hand-over: %v", err)
	}
	tcp.Close()
	unix.Close()
	early.SetDeadline(time.Now().Add(patience))
	io.WriteString(early, "pid\n")
	if reply, err := io.ReadAll(early); err != nil || len(reply) == 0 {
		t.Errorf("who was waiting got %q, %v", reply, err)
	}
	who := pid(t, tcp.Addr())
	if got := pid(t, unix.Addr()); got != who || who == os.Getpid() {
		t.Errorf("processes %d and %d serve", who, got)
	}
	if got := question(t, unix.Addr(), "child"); got != `"" <nil>` {
		t.Errorf("a child of the next process has %s", got)
	}
	if end(t, who, tcp.Addr()); !absent(path) {
		t.Error("the path was not removed by the last process that served it")
	}
}

// Who comes when the next process is ready, but accepts nobody yet, waits at the
// socket: no process has to know when the other one's loops run.
func TestReadyBeforeAccepting(t *testing.T) {
	t.Parallel()
	sockets, all := opened(t, "ws")
	next := child("serve slow ws")
	w, started := wire(t, next)
	if err := sockets.HandOver(within(t, patience), next); err != nil {
		t.Fatal(err)
	}
	all[0].Close()
	early, err := net.Dial("tcp", all[0].Addr().String())
	if err != nil {
		t.Fatal("refused: ", err)
	}
	defer early.Close()
	early.SetDeadline(time.Now().Add(patience))
	io.WriteString(early, "end\n")
	started()
	w.goOn()
	if reply, err := io.ReadAll(early); err != nil || len(reply) == 0 {
		t.Errorf("who was waiting got %q, %v", reply, err)
	}
	if status := reap(t, w.process.Pid); status != 0 {
		t.Errorf("the next process ended with status %d", status)
	}
}

// The mode of a socket is the same for all processes that have it: if starting
// one made it blocking, a loop that accepts would block. The next process makes
// it non-blocking again, so here it is one that ends before. Nor may other children
// inherit the socket.
func TestHandOverLeavesTheListenersAlone(t *testing.T) {
	t.Parallel()
	sockets, all := opened(t, "ws")
	if err := sockets.HandOver(within(t, patience), child("fail")); err == nil {
		t.Fatal("handed over to a process that failed")
	}
	raw, err := all[0].(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		flags, _, e := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0)
		if e != 0 || flags&syscall.O_NONBLOCK == 0 {
			t.Errorf("the socket blocks now (flags %#x, %v)", flags, e)
		}
	})
	if out, err := child("environment").Output(); err != nil || len(out) > 0 {
		t.Errorf("another child has %q, %v", out, err)
	}
}

// The next process hands over to another one, and so on. Each runs this program
// again, with the environment that it had itself.
func TestHandOverAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	sockets, all := opened(t, "ws", path)
	unix := all[1]
	if err := sockets.HandOver(within(t, patience), child("serve ws "+path)); err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		l.Close()
	}
	first := pid(t, unix.Addr())
	if got := question(t, unix.Addr(), "hand over"); got != "handed over: <nil>" {
		t.Fatal(got)
	}
	if status := reap(t, first); status != 0 {
		t.Errorf("the first ended with status %d", status)
	}
	for _, l := range all {
		if got := pid(t, l.Addr()); got == first {
			t.Errorf("process %d serves, which has ended", got)
		}
	}
	question(t, unix.Addr(), "end")
	for end := time.Now().Add(patience); !absent(path); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the second does not end")
		}
	}
}

// Whatever goes wrong, the sockets stay with who has them, who can try again.
func TestHandOverFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	sockets, all := opened(t, "ws", path)
	none := child("serve")
	none.Path = "/does/not/exist"
	hang, listening := child("hang"), child("listen")
	var log bytes.Buffer
	fail := child("fail")
	fail.Stderr = &log
	for _, tt := range []struct {
		cmd  *exec.Cmd
		time time.Duration
		want string
		is   error
	}{
		{none, patience, "start the next process", os.ErrNotExist},
		{fail, patience, "ended before it was ready: exit status 3", nil},
		{child("environment"), patience, "ended before it was ready, with status 0", nil},
		{hang, 100 * time.Millisecond, "was killed", context.DeadlineExceeded},
		{listening, 100 * time.Millisecond, "was killed", context.DeadlineExceeded},
		{child("hang"), 0, "was killed", context.DeadlineExceeded},
	} {
		err := sockets.HandOver(within(t, tt.time), tt.cmd)
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
		if tt.cmd == fail {
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
				t.Errorf("%v has no status 3", err)
			}
		}
		if tt.cmd.Process != nil && tt.cmd.ProcessState == nil {
			t.Errorf("%v: the process was left alone", err)
		}
	}
	if !strings.Contains(log.String(), "told to fail") {
		t.Errorf("it wrote %q", &log)
	}
	for _, l := range all { // of whose queue nobody took anything
		go l.Accept()
		c, err := net.Dial(l.Addr().Network(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	if err := sockets.HandOver(within(t, patience), child("serve ws "+path)); err != nil {
		t.Fatal("at last: ", err)
	}
	for _, l := range all {
		l.Close()
	}
	end(t, pid(t, all[1].Addr()), all[1].Addr())
}

// Without a hand-over the path goes with its listener, also after one that
// failed.
func TestPathStaysOurs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	sockets, all := opened(t, path)
	if err := sockets.HandOver(within(t, patience), child("fail")); err == nil {
		t.Fatal("handed over to a process that failed")
	}
	if all[0].Close(); !absent(path) {
		t.Error("the path is there")
	}
	if err := sockets.HandOver(within(t, patience), nil); err == nil || !strings.Contains(err.Error(), "no open listener") {
		t.Errorf("handed nothing over: %v", err)
	}
}

// One hand-over at a time.
func TestHandOverTwice(t *testing.T) {
	t.Parallel()
	sockets, _ := opened(t, "ws")
	ctx, cancel := context.WithCancel(context.Background())
	first := child("listen")
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() { failed <- sockets.HandOver(ctx, first) }()
	out.Read(make([]byte, 1)) // it is under way
	if err := sockets.HandOver(within(t, patience), nil); err == nil || !strings.Contains(err.Error(), "under way") {
		t.Errorf("a second one: %v", err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, but got %v", err)
	}
}

// What the next process does not ask for is closed there: here because it
// wants another address.
func TestHandOverOfWhatIsNotWanted(t *testing.T) {
	t.Parallel()
	sockets, all := opened(t, "ws")
	l, err := sockets.Listen("extra", "tcp4", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	if err := sockets.HandOver(within(t, patience), child("serve ws extra")); err != nil {
		t.Fatal(err)
	}
	l.Close()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // others' children have it for a moment
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		if c.Close(); time.Now().After(end) {
			t.Fatal("somebody still listens")
		}
	}
	end(t, pid(t, all[0].Addr()), all[0].Addr())
}

// systemd is told by the first process that it is ready, and then who is the main
// process.
func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	systemd, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer systemd.Close()
	systemd.SetDeadline(time.Now().Add(patience))
	expect := func(want string) {
		t.Helper()
		b := make([]byte, 100)
		if n, _, err := systemd.ReadFrom(b); err != nil || string(b[:n]) != want {
			t.Fatalf("systemd was told %q (%v), want %q", b[:n], err, want)
		}
	}
	t.Setenv("NOTIFY_SOCKET", path)
	sockets, all := opened(t, "ws")
	if err := sockets.Ready(); err != nil {
		t.Fatal(err)
	}
	expect("READY=1")
	if err := sockets.HandOver(within(t, patience), child("serve ws")); err != nil {
		t.Fatal(err)
	}
	who := pid(t, all[0].Addr())
	expect(fmt.Sprint("MAINPID=", who))
	end(t, who, all[0].Addr())

	t.Setenv("NOTIFY_SOCKET", path+" that is none")
	if err := sockets.Ready(); err == nil || !strings.Contains(err.Error(), "systemd") {
		t.Errorf("nobody heard it, but got %v", err)
	}
}
