package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loop owns every connection. A connection is its descriptor and nothing
// more, except while its socket takes no more bytes.
type loop struct {
	epoll, listener int
	events          [1024]unix.EpollEvent
	buf             [64 << 10]byte
	conns           map[int]struct{} // nil unless bytes go to all of them
	unsent                           // only of full sockets, which are not read from meanwhile
}

func newLoop(listener int, broadcast bool) (*loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	l := &loop{epoll: epoll, listener: listener, unsent: newUnsent()}
	if broadcast {
		l.conns = map[int]struct{}{}
	}
	return l, l.ctl(unix.EPOLL_CTL_ADD, listener, unix.EPOLLIN)
}

// run polls without blocking while there is anything to do, and then parks the
// epoll descriptor in the runtime's own poller: the goroutine waits, no thread
// does. It returns only when epoll fails.
func (l *loop) run() error {
	if err := unix.SetNonblock(l.epoll, true); err != nil {
		return err // os.NewFile would take a blocking one for unpollable
	}
	parked, err := os.NewFile(uintptr(l.epoll), "epoll").SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = parked.Read(func(uintptr) bool {
		failed = l.drain()
		return failed != nil
	})
	return errors.Join(failed, err)
}

// drain handles events until there are none.
func (l *loop) drain() error {
	for tick := 1; ; tick++ {
		n, errno := l.poll()
		if errno != 0 {
			return fmt.Errorf("epoll_pwait: %w", errno)
		}
		if n == 0 {
			return nil
		}
		for _, e := range l.events[:n] {
			l.dispatch(int(e.Fd), e.Events)
		}
		if tick%16 == 0 {
			runtime.Gosched() // raw system calls do not yield by themselves
		}
	}
}

func (l *loop) dispatch(fd int, ready uint32) {
	switch {
	case fd == l.listener:
		l.accept()
	case ready&unix.EPOLLOUT != 0:
		l.flush(fd)
	default:
		l.answer(fd)
	}
}

func (l *loop) accept() {
	for {
		fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		if l.ctl(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN) != nil {
			unix.Close(fd)
		} else if l.conns != nil {
			l.conns[fd] = struct{}{}
		}
	}
}

func (l *loop) close(fd int) {
	l.drop(fd)
	delete(l.conns, fd)
	unix.Close(fd)
}

func (l *loop) answer(fd int) {
	n, errno := recv(fd, l.buf[:])
	switch {
	case errno == unix.EAGAIN:
	case errno != 0 || n == 0:
		l.close(fd)
	case l.conns == nil:
		l.send(fd, l.buf[:n])
	default:
		for to := range l.conns {
			l.send(to, l.buf[:n])
		}
	}
}

// send sends b, after what is unsent already.
func (l *loop) send(fd int, b []byte) {
	if l.waits(fd) {
		if !l.add(fd, b) {
			l.close(fd)
		}
		return
	}
	n, errno := send(fd, b)
	if errno != 0 && errno != unix.EAGAIN {
		return // the next read tells
	}
	if n < len(b) {
		l.add(fd, b[n:])
		l.ctl(unix.EPOLL_CTL_MOD, fd, unix.EPOLLOUT)
	}
}

// flush sends what is unsent, and reads on when that is all.
func (l *loop) flush(fd int) {
	n, errno := send(fd, l.of(fd))
	switch {
	case errno == unix.EAGAIN:
	case errno != 0:
		l.close(fd)
	case l.sent(fd, n):
		l.ctl(unix.EPOLL_CTL_MOD, fd, unix.EPOLLIN)
	}
}

func (l *loop) ctl(op, fd int, interest uint32) error {
	return unix.EpollCtl(l.epoll, op, fd, &unix.EpollEvent{Events: interest, Fd: int32(fd)})
}

// The calls below are made for each message: raw, as none of them blocks, so
// that they cost the scheduler nothing; and recvfrom and sendto, which cost
// the kernel less than read and write.

func (l *loop) poll() (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events)), uintptr(len(l.events)), 0, 0, 0)
	return counted(n, errno)
}

func recv(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return counted(n, errno)
}

func send(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return counted(n, errno)
}

func counted(n uintptr, errno unix.Errno) (int, unix.Errno) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
