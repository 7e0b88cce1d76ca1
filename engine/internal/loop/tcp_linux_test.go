package loop

import (
	"math"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What is set on a listening socket holds for the connections it accepts.
func TestTCPIsInherited(t *testing.T) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	l, err := plain.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fd, err := Detach(l.(*net.TCPListener))
	if err != nil {
		t.Fatal(err)
	}
	defer OS.Close(fd)
	if err := (TCP{UserTimeout: 7 * time.Second, KeepAlive: 50 * time.Second}).Set(fd); err != nil {
		t.Fatal(err)
	}
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	conn, e := OS.Accept(fd)
	for e == unix.EAGAIN {
		conn, e = OS.Accept(fd)
	}
	if e != 0 {
		t.Fatal(e)
	}
	defer OS.Close(conn)
	for _, o := range []struct {
		name                string
		level, option, want int
	}{
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7000},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 50},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 5},
	} {
		if got, err := unix.GetsockoptInt(conn, o.level, o.option); err != nil || got != o.want {
			t.Errorf("%s: %d, %v, want %d", o.name, got, err, o.want)
		}
	}
}

// The system takes no more than some weeks or hours: what is longer counts as
// that.
func TestTCPOfVeryLongTimes(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	const year = 365 * 24 * time.Hour
	if err := (TCP{UserTimeout: year, KeepAlive: year}).Set(fd); err != nil {
		t.Fatal(err)
	}
	for option, want := range map[int]int{unix.TCP_USER_TIMEOUT: math.MaxInt32, unix.TCP_KEEPIDLE: 32767, unix.TCP_KEEPINTVL: 3276} {
		if got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, option); err != nil || got != want {
			t.Errorf("option %d: %d, %v, want %d", option, got, err, want)
		}
	}
}

func TestTCPLeavesUnixSocketsAlone(t *testing.T) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := (TCP{UserTimeout: time.Second, KeepAlive: time.Second}).Set(fd); err != nil {
		t.Error(err)
	}
}

// A listener of Go's own speaks Multipath TCP where the system does.
func TestTCPOnMultipath(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if err != nil {
		t.Skip("no Multipath TCP here:", err)
	}
	defer unix.Close(fd)
	if err := (TCP{UserTimeout: time.Second}).Set(fd); err != nil && err != errMultipath {
		t.Error(err)
	}
}
