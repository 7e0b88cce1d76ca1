package raw

import (
	"encoding/binary"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// perSource is the number of connections from one source address: some less
// than Linux has ephemeral ports by default.
const perSource = 20_000

// target is a server's address.
type target struct {
	to       unix.SockaddrInet4
	patience unix.Timeval
}

func newTarget(addr string, patience time.Duration) (*target, error) {
	a, err := net.ResolveTCPAddr("tcp4", addr)
	if err != nil {
		return nil, err
	}
	return &target{
		to:       unix.SockaddrInet4{Addr: [4]byte(a.IP.To4()), Port: a.Port},
		patience: unix.NsecToTimeval(int64(patience)),
	}, nil
}

// dial opens connection i, whose calls wait for the server as long as its
// patience allows, unless they say MSG_DONTWAIT.
func (t *target) dial(i int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if err := t.connect(fd, i); err != nil {
		unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

func (t *target) connect(fd, i int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	// The limit for writes is that of connect as well.
	for _, limit := range []int{unix.SO_SNDTIMEO, unix.SO_RCVTIMEO} {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, limit, &t.patience); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := t.bind(fd, i/perSource); err != nil {
		return err
	}
	for {
		// A connect with a time limit is interrupted by any signal, such as those
		// of the runtime; the next one goes on with it.
		if err := unix.Connect(fd, &t.to); err != unix.EINTR {
			return os.NewSyscallError("connect", err)
		}
	}
}

// bind gives a connection to this machine one of its many addresses 127.0.0.1,
// 127.0.0.2 ... Connect chooses the port: it knows the pair of addresses, and so
// finds ports that bind would take for used.
func (t *target) bind(fd, source int) error {
	if source == 0 || t.to.Addr[0] != 127 {
		return nil
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	var from unix.SockaddrInet4
	binary.BigEndian.PutUint32(from.Addr[:], 0x7f000001+uint32(source))
	return os.NewSyscallError("bind", unix.Bind(fd, &from))
}
