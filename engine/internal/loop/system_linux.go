package loop

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// OS is the operating system.
var OS System = linux{}

// linux makes its calls without telling Go's scheduler, as none of them
// blocks, and with recvfrom and sendto, which cost less than read and write and
// raise no SIGPIPE.
type linux struct{}

func (linux) NewPoller() (Poller, error) { return newEpoll(newParked) }
func (linux) Now() int64                 { return nanotime() }

// Accept does not rely on the connection inheriting from its listener, which
// may be another's, and have had connections waiting before it was ours.
func (linux) Accept(fd int) (int, Errno) {
	n, _, e := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if e == 0 {
		// Fails on Unix sockets, which have no delay.
		unix.SetsockoptInt(int(n), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	return int(n), e
}

func (linux) Read(fd int, b []byte) (int, Errno) {
	n, _, e := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), e
}

func (linux) Write(fd int, b []byte) (int, Errno) {
	n, _, e := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), e
}

// Writev is sendmsg, as writev has no flags.
func (linux) Writev(fd int, head, tail []byte) (int, Errno) {
	iov := [2]unix.Iovec{{Base: unsafe.SliceData(head)}, {Base: unsafe.SliceData(tail)}}
	iov[0].SetLen(len(head))
	iov[1].SetLen(len(tail))
	msg := unix.Msghdr{Iov: &iov[0]}
	msg.SetIovlen(len(iov))
	n, _, e := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return int(n), e
}

func (linux) CloseWrite(fd int) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
	return e
}

func (linux) Close(fd int) Errno {
	_, _, e := unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	return e
}

func (linux) RemoteIP(fd int) (netip.Addr, bool) { return remoteIP(fd) }
func (linux) Spare() (int, Errno)                { return openSpare() }
