//go:build linux || darwin || freebsd

package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxPath is the most bytes that the path of a Unix socket has.
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// backlog is more than any system allows, which all cut it to what they do.
const backlog = 1<<16 - 1

// bindUnix gives a socket that listens at path. The permissions are set before
// it listens: until then nobody can connect, whatever they are.
func bindUnix(path string, mode fs.FileMode) (f *os.File, err error) {
	fd, err := openSocket(unix.AF_UNIX)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f = os.NewFile(uintptr(fd), path)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "bind", Path: path, Err: err}
	}
	if err = os.Chmod(path, mode); err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd, backlog))
	}
	if err != nil {
		os.Remove(path)
		f.Close()
		return nil, err
	}
	return f, nil
}

// openSocket gives one that no child inherits, on systems too that cannot open
// it so.
func openSocket(family int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	return fd, err
}

const lockWait = 5 * time.Millisecond

var lockTime = 5 * time.Second // less in a test

// lockDir locks a directory against others that do the same. The lock ends with
// the process at the latest, and leaves nothing behind.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(lockTime); ; time.Sleep(lockWait) {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) || time.Now().After(end) {
			f.Close()
			return nil, &os.PathError{Op: "flock", Path: dir, Err: err}
		}
	}
}

// duplicate gives another descriptor of a socket. Unlike those that package
// net gives for a File it stays non-blocking when it is passed to a child: the
// mode belongs to the socket, and a loop that accepts from it must not block.
func duplicate(s syscall.Conn) (f *os.File, err error) {
	raw, err := s.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, failed := -1, error(nil)
	err = raw.Control(func(own uintptr) { fd, failed = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, os.NewSyscallError("dup", failed)); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "listening socket"), nil
}

// adopt makes a file of a descriptor that this process was started with. No
// child inherits it from now on.
func adopt(fd int, name string) *os.File {
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), name)
}

// checkListening tells why a descriptor is no stream socket that listens.
func checkListening(fd int) error {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	switch {
	case err != nil:
		return fmt.Errorf("it is no socket: %w", err)
	case kind != unix.SOCK_STREAM:
		return errors.New("it is no stream socket: systemd needs ListenStream= for it")
	}
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err == nil && listens == 0 {
		return errors.New("it does not listen: systemd needs Accept=no for it")
	}
	return nil // macOS cannot tell
}

// pipeID gives what tells one pipe from all others; it is not ok if fd is none.
func pipeID(fd int) (id uint64, ok bool) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return st.Ino, err == nil && uint32(st.Mode)&unix.S_IFMT == unix.S_IFIFO
}

// exists tells that there is a process with this number, or may be.
func exists(pid int) bool { return pid <= 0 || unix.Kill(pid, 0) != unix.ESRCH }
