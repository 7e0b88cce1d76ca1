//go:build unix

package loop

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// LocalAddr gives the address of a socket of ours, nil if it has none any more.
func LocalAddr(fd int) net.Addr {
	sa, _ := unix.Getsockname(fd)
	return netAddr(sa)
}

// RemoteAddr gives the address of a socket's peer, nil if it has none any more.
func RemoteAddr(fd int) net.Addr {
	sa, _ := unix.Getpeername(fd)
	return netAddr(sa)
}

// remoteIP is System.RemoteIP.
func remoteIP(fd int) (netip.Addr, bool) {
	sa, _ := unix.Getpeername(fd)
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(sa.Addr), true
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(sa.Addr), true
	}
	return netip.Addr{}, false
}

func netAddr(sa unix.Sockaddr) net.Addr {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: sa.Addr[:], Port: sa.Port, Zone: zone(sa.ZoneId)}
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Net: "unix", Name: sa.Name}
	}
	return nil
}

// zone names the interface of a link-local address.
func zone(id uint32) string {
	if id == 0 {
		return ""
	}
	if ifi, err := net.InterfaceByIndex(int(id)); err == nil {
		return ifi.Name
	}
	return strconv.Itoa(int(id))
}
