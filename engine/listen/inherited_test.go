package listen_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine/listen"
)

// activated is a child that was started as by systemd.
type activated struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *bufio.Reader
	late *time.Timer
}

// activate starts one in a role, with sockets and their names.
func activate(t testing.TB, role, names string, sockets ...any) *activated {
	t.Helper()
	cmd := child("systemd " + role)
	cmd.Env = append(cmd.Env, fmt.Sprint("LISTEN_FDS=", len(sockets)), "LISTEN_FDNAMES="+names)
	for _, s := range sockets {
		f, err := s.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &activated{t, cmd, bufio.NewReader(out), time.AfterFunc(2*patience, func() { cmd.Process.Kill() })}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); a.late.Stop() })
	return a
}

// expect reads the next line.
func (a *activated) expect(want string) {
	a.t.Helper()
	if line, err := a.out.ReadString('\n'); err != nil || !strings.Contains(line, want) {
		a.t.Fatalf("the child said %q (%v), want %q", line, err, want)
	}
}

// expectExit waits for its end.
func (a *activated) expectExit(status int) {
	a.t.Helper()
	a.cmd.Wait()
	if got := a.cmd.ProcessState.ExitCode(); got != status {
		a.t.Errorf("the child ended with status %d, want %d", got, status)
	}
}

func listenAt(t testing.TB, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// What systemd passes is served under its name, whatever kind it is and
// whatever address the program would have taken.
func TestActivation(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	tcp, unix := listenAt(t, "tcp", anyPort), listenAt(t, "unix", path)
	a := activate(t, "serve ws admin /elsewhere/s", "admin:/elsewhere/s:ws", tcp, listenAt(t, "tcp", anyPort), unix)
	a.expect("ready")
	for _, l := range []net.Listener{tcp, unix} {
		if got := question(t, l.Addr(), "pid"); got != fmt.Sprint(a.cmd.Process.Pid) {
			t.Errorf("%v: answered %q", l.Addr(), got)
		}
		if got := question(t, l.Addr(), "child"); got != `"" <nil>` {
			t.Errorf("a child of the child has %s", got)
		}
	}
	question(t, tcp.Addr(), "end")
	a.expectExit(0)
	if absent(path) {
		t.Error("the path is gone, which is systemd's")
	}
}

func TestActivationWithoutNames(t *testing.T) {
	t.Parallel()
	one, two := listenAt(t, "tcp", anyPort), listenAt(t, "tcp", anyPort)
	a := activate(t, "serve", "", one, two)
	for _, l := range []net.Listener{one, two} {
		a.expect("unknown " + l.Addr().String())
	}
	a.expect("ready")
	question(t, two.Addr(), "pid")
	question(t, one.Addr(), "end")
	a.expectExit(0)
}

func TestActivationRefusals(t *testing.T) {
	t.Parallel()
	udp, err := net.ListenPacket("udp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	l := listenAt(t, "tcp", anyPort)
	connected, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	for _, tt := range []struct {
		role, names string
		sockets     []any
		want        string
		status      int
	}{
		{"serve ws", "other", []any{l}, `nobody serves the socket "other"`, 6},
		{"serve ws", "ws:other", []any{l, udp}, `descriptor 4, inherited as "other": it is no stream socket`, 4},
		{"serve ws", "ws", []any{connected}, "it does not listen", 4},
		{"serve ws", "ws:other", []any{l}, "2 names for 1 sockets", 4},
	} {
		a := activate(t, tt.role, tt.names, tt.sockets...)
		a.expect(tt.want)
		a.expectExit(tt.status)
	}
}

// Without systemd there are none, even if a process before was started by it.
func TestNothingInherited(t *testing.T) {
	t.Setenv("LISTEN_PID", fmt.Sprint(os.Getppid()))
	t.Setenv("LISTEN_FDS", "1")
	t.Setenv("SOCKEYE_SOCKETS", `{"First":3,"Sockets":[{"Name":"ws"}],"Pipe":1}`)
	sockets, err := listen.Inherited()
	if err != nil {
		t.Fatal(err)
	}
	if rest := sockets.Rest(); len(rest) > 0 {
		t.Errorf("inherited %v", rest)
	}
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "SOCKEYE_SOCKETS"} {
		if text, is := os.LookupEnv(name); is {
			t.Errorf("%s is still %q", name, text)
		}
	}
	if err := sockets.Ready(); err != nil {
		t.Error("Ready, with nobody to tell: ", err)
	}
}

func TestBadEnvironment(t *testing.T) {
	for name, value := range map[string]string{"SOCKEYE_SOCKETS": "nonsense", "LISTEN_FDS": "nonsense"} {
		t.Setenv("LISTEN_PID", fmt.Sprint(os.Getpid()))
		t.Setenv(name, value)
		if _, err := listen.Inherited(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestListenRefusesOtherNetworks(t *testing.T) {
	t.Parallel()
	sockets := new(listen.Sockets)
	for _, network := range []string{"unix", "udp", ""} {
		if _, err := sockets.Listen("x", network, anyPort); err == nil {
			t.Errorf("listens at %q", network)
		}
	}
	if _, err := sockets.Listen("x", "tcp", "no address"); err == nil {
		t.Error("listens at no address")
	}
	if _, err := sockets.Unix("x", "", 0o600); err == nil {
		t.Error("listens at no path")
	}
}

// A path that leads to another's socket is not removed.
func TestPathOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	sockets := new(listen.Sockets)
	l, err := sockets.Unix("s", path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	other := listenAt(t, "unix", path)
	if l.Close(); absent(path) {
		t.Error("the path was removed")
	}
	question := make(chan error, 1)
	go func() {
		c, err := net.Dial("unix", path)
		if err == nil {
			c.Close()
		}
		question <- err
	}()
	if err := <-question; err != nil {
		t.Error(err)
	}
	other.Close()

	l, err = sockets.Unix("s", path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if l.Close(); !absent(path) {
		t.Error("the path is there, though nobody else has it")
	}
	l.Close()
}
