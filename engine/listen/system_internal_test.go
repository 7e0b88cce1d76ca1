//go:build linux || darwin || freebsd

package listen

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// While another process has the directory locked nothing happens in it, and
// nobody waits for ever.
func TestLockedDirectory(t *testing.T) {
	defer func(before time.Duration) { lockTime = before }(lockTime)
	lockTime = 20 * time.Millisecond
	dir := t.TempDir()
	unlock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	if l, err := Unix(path, 0o600); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("got %v, %v", l, err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("there is a socket")
	}
	unlock()
	l, err := Unix(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// No child inherits what this process has inherited.
func TestAdopt(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fd, err := unix.Dup(int(w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	f := adopt(fd, "pipe")
	defer f.Close()
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags %#x, %v", flags, err)
	}
	mine, ok := pipeID(fd)
	if same, is := pipeID(int(r.Fd())); !ok || !is || same != mine {
		t.Errorf("the ends of a pipe are %d %v and %d %v", mine, ok, same, is)
	}
	if _, ok := pipeID(1 << 20); ok {
		t.Error("a closed descriptor is a pipe")
	}
	dir, err := os.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if _, ok := pipeID(int(dir.Fd())); ok {
		t.Error("a directory is a pipe")
	}
}
