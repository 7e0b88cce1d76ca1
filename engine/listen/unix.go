package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Unix listens at a Unix socket that whoever may write to it by mode, of which
// only the permission bits count, can connect to: from its first moment on, and
// whatever the process's umask is. 0o600 is for programs of the same user,
// 0o660 for those of a group as well.
//
// A socket that is left at path from before, at which nobody listens, is
// replaced. If somebody listens there the error is EADDRINUSE; what is no
// socket is left alone, with an error. Of several processes that call Unix at
// the same time one gets the path. The path is removed when the listener is
// closed, unless it is told otherwise by SetUnlinkOnClose.
//
// The directory must be readable, and at most 5 seconds are waited for others
// that have locked it (flock).
func Unix(path string, mode fs.FileMode) (*net.UnixListener, error) {
	if err := checkPath(path); err != nil {
		return nil, err
	}
	unlock, err := lockDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("listen: lock the socket's directory: %w", err)
	}
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	f, err := bindUnix(path, mode.Perm())
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	defer f.Close() // the listener has a descriptor of its own
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	u := l.(*net.UnixListener)
	u.SetUnlinkOnClose(true)
	return u, nil
}

func checkPath(path string) error {
	switch {
	case path == "" || strings.HasPrefix(path, "@") || strings.Contains(path, "\x00"):
		return fmt.Errorf("listen: %q is no path: an abstract socket would have no permissions", path)
	case len(path) > maxPath:
		return fmt.Errorf("listen: the path of a Unix socket has at most %d bytes: choose one shorter than %s", maxPath, path)
	}
	return nil
}

// probeTime is how long somebody who listens may take to let us connect.
const probeTime = time.Second

// removeStale removes a socket at which nobody listens.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("listen: %s is there and no socket: remove it or choose another path", path)
	}
	c, err := net.DialTimeout("unix", path, probeTime)
	switch {
	case err == nil:
		c.Close()
		return fmt.Errorf("listen: somebody listens at %s: %w", path, syscall.EADDRINUSE)
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("listen: cannot tell whether somebody listens at %s, remove it if nobody does: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}
