//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// peer is the other end of a connection.
type peer struct {
	t testing.TB
	halfCloser
}

type halfCloser interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
	SetReadBuffer(int) error
}

// networks are those that connections are tried on.
var networks = []string{"tcp", "unix"}

func onEachNetwork(t *testing.T, f func(t *testing.T, network string)) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { f(t, network) })
	}
}

// listen gives a listening socket.
func listen(t testing.TB, network string) net.Listener {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func dial(t testing.TB, to net.Listener) *peer {
	t.Helper()
	conn, err := net.Dial(to.Addr().Network(), to.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return &peer{t, conn.(halfCloser)}
}

// socket is what connections and listeners of package net are.
type socket interface {
	syscall.Conn
	io.Closer
}

// detached gives the socket of s, which is closed.
func detached(t testing.TB, s socket) int {
	t.Helper()
	fd, err := Detach(s)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return fd
}

// pair gives both ends of a connection. What the system holds between them is
// bounded, so that it takes little to fill a socket.
func pair(t testing.TB, network string) (fd int, p *peer) {
	t.Helper()
	ln := listen(t, network)
	defer ln.Close()
	p = dial(t, ln)
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(p.SetReadBuffer(64<<10), conn.(interface{ SetWriteBuffer(int) error }).SetWriteBuffer(256<<10))
	if err != nil {
		t.Fatal(err)
	}
	return detached(t, conn.(socket)), p
}

func (p *peer) send(b []byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Errorf("the peer cannot write: %v", err)
	}
}

// expect reads exactly want.
func (p *peer) expect(want []byte) {
	p.t.Helper()
	if err := p.read(want); err != nil {
		p.t.Fatal(err)
	}
}

// expectMeanwhile is expect on another goroutine, for what comes only as the
// test goes on.
func (p *peer) expectMeanwhile(want []byte) (done <-chan error) {
	c := make(chan error, 1)
	go func() { c <- p.read(want) }()
	return c
}

func (p *peer) read(want []byte) error {
	b := make([]byte, len(want))
	if n, err := io.ReadFull(p, b); err != nil {
		return fmt.Errorf("the peer read %d bytes of %d: %w", n, len(want), err)
	}
	if !bytes.Equal(b, want) {
		return fmt.Errorf("the peer read %s, want %s", excerpt(b), excerpt(want))
	}
	return nil
}

func excerpt(b []byte) string {
	if len(b) > 40 {
		b = append(b[:40:40], "..."...)
	}
	return string(b)
}

// expectEnd reads the end of the stream.
func (p *peer) expectEnd() {
	p.t.Helper()
	if n, err := p.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		p.t.Fatalf("the peer read %d bytes, %v, want the end of the stream", n, err)
	}
}

// expectGone waits for the end of the connection, a reset or not.
func (p *peer) expectGone() {
	p.t.Helper()
	if _, err := io.Copy(io.Discard, p); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		p.t.Fatalf("the peer read until %v", err)
	}
}

// expectNothing makes sure that there is nothing to be read now, no end either.
func (p *peer) expectNothing() {
	p.t.Helper()
	raw, err := p.SyscallConn()
	if err != nil {
		p.t.Fatal(err)
	}
	raw.Read(func(fd uintptr) bool {
		if n, e := OS.Read(int(fd), make([]byte, 1)); e != syscall.EAGAIN {
			p.t.Errorf("the peer read %d bytes, %v, want nothing yet", n, e)
		}
		return true
	})
}

// reset closes so that the other end gets a reset.
func (p *peer) reset() {
	p.t.Helper()
	if tcp, ok := p.halfCloser.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	p.Close()
}
