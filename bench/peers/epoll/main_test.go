package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// start builds and runs this program.
func start(t *testing.T, args ...string) *proc.Server {
	t.Helper()
	program := filepath.Join(t.TempDir(), "epoll")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := proc.Start(program, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(10 * time.Second); err != nil {
			t.Error(err)
		}
	})
	return s
}

// The clients send until nothing more fits, and only then read: so the server
// meets full sockets.
func TestEchoesEveryByte(t *testing.T) {
	s := start(t)
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			sent := make([]byte, 16<<20)
			rand.NewChaCha8([32]byte{byte(i)}).Read(sent)
			got, err := exchange(s.Addr, sent)
			if err != nil || !bytes.Equal(got, sent) {
				t.Errorf("connection %d: %d bytes back of %d (%v)", i, len(got), len(sent), err)
			}
		})
	}
	all.Wait()
}

func TestBroadcasts(t *testing.T) {
	s := start(t, "-broadcast")
	var all []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		all = append(all, c)
	}
	for i, from := range all {
		sent := bytes.Repeat([]byte{byte(i)}, 125)
		from.Write(sent)
		for _, c := range all {
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%x (%v), want %x", got, err, sent)
			}
		}
	}
}

func exchange(addr string, sent []byte) ([]byte, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(64 << 10)
	c.SetDeadline(time.Now().Add(20 * time.Second))
	c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	full, _ := c.Write(sent)
	c.SetWriteDeadline(time.Now().Add(20 * time.Second))
	go c.Write(sent[full:])
	got := make([]byte, len(sent))
	n, err := io.ReadFull(c, got)
	return got[:n], err
}

func TestClosesWhatEnds(t *testing.T) {
	s := start(t)
	before := withoutConnections(t, s)
	for range 50 {
		if got, err := exchange(s.Addr, []byte("hello")); err != nil || string(got) != "hello" {
			t.Fatalf("%q (%v)", got, err)
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for descriptors(t, s) > before {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors before, %d after", before, descriptors(t, s))
		}
		time.Sleep(time.Millisecond)
	}
}

// withoutConnections gives the descriptors of a server that is past its start:
// it has answered.
func withoutConnections(t *testing.T, s *proc.Server) int {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return descriptors(t, s) - 1
}

func descriptors(t *testing.T, s *proc.Server) int {
	t.Helper()
	open, err := proc.Descriptors(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	return open
}
