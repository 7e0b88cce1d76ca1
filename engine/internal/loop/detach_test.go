//go:build linux || darwin || freebsd

package loop

import (
	"net"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A detached socket outlives what it was taken from, and does not block.
func TestDetach(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		fd, p := pair(t, network) // which detaches one end
		defer unix.Close(fd)
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("it blocks (%v)", err)
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("it is inherited (%v)", err)
		}
		if n, e := OS.Write(fd, []byte("there")); n != 5 || e != 0 {
			t.Fatalf("wrote %d bytes: %v", n, e)
		}
		p.expect([]byte("there"))
	})
}

func TestDetachFailsOnWhatIsClosed(t *testing.T) {
	ln := listen(t, "tcp")
	ln.Close()
	if fd, err := Detach(ln.(*net.TCPListener)); err == nil {
		t.Fatalf("detached %d from a closed listener", fd)
	}
}

// Addresses are what package net gives.
func TestAddr(t *testing.T) {
	tests := []struct{ network, addr string }{
		{"tcp4", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}, {"tcp", ":0"}, {"unix", filepath.Join(t.TempDir(), "s")},
	}
	for _, tt := range tests {
		t.Run(tt.network+" "+tt.addr, func(t *testing.T) {
			ln, err := net.Listen(tt.network, tt.addr)
			if err != nil {
				t.Skip(err)
			}
			defer ln.Close()
			dial(t, ln)
			conn, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			local, remote := conn.LocalAddr(), conn.RemoteAddr()
			fd := detached(t, conn.(socket))
			defer unix.Close(fd)
			expectAddr(t, LocalAddr(fd), local)
			expectAddr(t, RemoteAddr(fd), remote)
		})
	}
}

func expectAddr(t *testing.T, got, want net.Addr) {
	t.Helper()
	if got.Network() != want.Network() || got.String() != want.String() {
		t.Errorf("address %s %s, want %s %s", got.Network(), got, want.Network(), want)
	}
}

func TestAddrOfNothing(t *testing.T) {
	if local, remote := LocalAddr(-1), RemoteAddr(-1); local != nil || remote != nil {
		t.Errorf("%v, %v", local, remote)
	}
}

func TestZone(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Skip("no interfaces")
	}
	for id, want := range map[uint32]string{0: "", uint32(all[0].Index): all[0].Name, 1 << 30: "1073741824"} {
		if got := zone(id); got != want {
			t.Errorf("zone %d is %q, want %q", id, got, want)
		}
	}
}
