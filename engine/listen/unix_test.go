package listen_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/sockeye-ws/sockeye/engine/listen"
)

// stale leaves a socket at which nobody listens. Tests that need one cannot run
// beside others that start processes: a child has all descriptors for a moment.
func stale(t testing.TB, path string) {
	t.Helper()
	l, err := listen.Unix(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
}

// expectTaken fails unless connections to path reach l.
func expectTaken(t testing.TB, l net.Listener, path string) {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	taken, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	taken.Close()
}

func absent(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// The permissions are those that were asked for, whatever the umask.
func TestUnixPermissions(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		for _, mode := range []fs.FileMode{0, 0o600, 0o660, 0o666, 0o777} {
			path := filepath.Join(t.TempDir(), "s")
			before := syscall.Umask(umask)
			l, err := listen.Unix(path, mode|fs.ModeSticky)
			syscall.Umask(before)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode() != fs.ModeSocket|mode {
				t.Errorf("umask %03o: %v, %v; want %v", umask, info, err, mode)
			}
			if l.Addr().String() != path {
				t.Errorf("it listens at %v", l.Addr())
			}
			if mode&0o200 != 0 || os.Getuid() == 0 {
				expectTaken(t, l, path)
			}
			if l.Close(); !absent(path) {
				t.Error("closed, but the path is there")
			}
		}
	}
}

func TestUnixReplacesStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stale(t, path)
	l, err := listen.Unix(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expectTaken(t, l, path)
}

// What is in use, or no socket, stays as it is.
func TestUnixRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	live, err := listen.Unix(at("live"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	datagrams, err := net.ListenPacket("unixgram", at("datagrams"))
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	os.WriteFile(at("file"), []byte("precious"), 0o600)
	os.Symlink("file", at("link"))
	os.Mkdir(at("directory"), 0o700)
	for path, want := range map[string]string{
		at("live"):                   "somebody listens",
		at("datagrams"):              "cannot tell",
		at("file"):                   "no socket",
		at("link"):                   "no socket",
		at("directory"):              "no socket",
		at("none/s"):                 "no such file",
		"":                           "no path",
		"@abstract":                  "no path",
		"\x00abstract":               "no path",
		at(strings.Repeat("x", 200)): "at most",
	} {
		before, _ := os.Lstat(path)
		l, err := listen.Unix(path, 0o600)
		if err == nil {
			l.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
		if after, _ := os.Lstat(path); before != nil && !os.SameFile(before, after) {
			t.Errorf("%q has changed", path)
		}
	}
	if _, err := listen.Unix(at("live"), 0o600); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v is not EADDRINUSE", err)
	}
	c, err := live.Accept() // one that only looked whether it lives
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if text, _ := os.ReadFile(at("file")); string(text) != "precious" {
		t.Errorf("the file has %q", text)
	}
}

// Of many who want the path of a stale socket one gets it, and keeps it.
func TestUnixRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for range 20 {
		stale(t, path)
		var all sync.WaitGroup
		got := make(chan *net.UnixListener, 8)
		for range cap(got) {
			all.Go(func() {
				l, err := listen.Unix(path, 0o600)
				if err == nil {
					got <- l
				} else if !errors.Is(err, syscall.EADDRINUSE) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(got) != 1 {
			t.Fatalf("%d listen at the same path", len(got))
		}
		l := <-got
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Error("whoever got it does not have it: ", err)
		} else {
			c.Close()
		}
		l.Close()
	}
}

// A child that is started must not have the socket.
func TestUnixIsNotInherited(t *testing.T) {
	t.Parallel()
	l, err := listen.Unix(filepath.Join(t.TempDir(), "s"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if out, err := child("environment").Output(); err != nil || len(out) > 0 {
		t.Errorf("a child has %q, %v", out, err)
	}
}
