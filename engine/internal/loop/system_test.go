//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"os"
	"syscall"
	"testing"
)

// onEachWrite tries both ways to write.
func onEachWrite(t *testing.T, f func(t *testing.T, write func(fd int, head, tail []byte) (int, Errno))) {
	t.Run("Write", func(t *testing.T) {
		f(t, func(fd int, head, tail []byte) (int, Errno) { return OS.Write(fd, append(head, tail...)) })
	})
	t.Run("Writev", func(t *testing.T) { f(t, OS.Writev) })
}

func TestSystemWrites(t *testing.T) {
	onEachWrite(t, func(t *testing.T, write func(fd int, head, tail []byte) (int, Errno)) {
		a, b := socketPair(t)
		if n, e := write(a, []byte("head"), []byte("tail")); n != 8 || e != 0 {
			t.Fatalf("wrote %d bytes: %v", n, e)
		}
		got := make([]byte, 20)
		if n, e := OS.Read(b, got); e != 0 || string(got[:n]) != "headtail" {
			t.Fatalf("read %q: %v", got[:max(n, 0)], e)
		}
		if n, e := OS.Read(b, got); e != syscall.EAGAIN {
			t.Fatalf("read %d bytes of nothing: %v", n, e)
		}
		if e := OS.CloseWrite(a); e != 0 {
			t.Fatal(e)
		}
		if n, e := OS.Read(b, got); n != 0 || e != 0 {
			t.Fatalf("read %d bytes at the end: %v", n, e)
		}
	})
}

// A full socket takes a part, then nothing, and does not block.
func TestSystemWritesToFullSocket(t *testing.T) {
	onEachWrite(t, func(t *testing.T, write func(fd int, head, tail []byte) (int, Errno)) {
		a, b := socketPair(t)
		sent := 0
		for {
			at := sent % (len(noise) / 2)
			n, e := write(a, noise[at:][:5:5], noise[at+5:][:100_000])
			if e == syscall.EAGAIN {
				break
			}
			if e != 0 || n <= 0 {
				t.Fatalf("wrote %d bytes: %v", n, e)
			}
			sent += n
		}
		got := make([]byte, sent+1)
		read := 0
		for read < sent {
			n, e := OS.Read(b, got[read:])
			if e != 0 {
				t.Fatalf("read %d bytes of %d: %v", read, sent, e)
			}
			read += n
		}
		if !bytes.Equal(got[:read], noise[:sent]) {
			t.Error("read other bytes than were written")
		}
	})
}

func TestSystemDoesNotAllocate(t *testing.T) {
	a, b := socketPair(t)
	head, tail, got := []byte("head"), []byte("tail"), make([]byte, 20)
	if n := testing.AllocsPerRun(100, func() {
		OS.Write(a, head)
		OS.Writev(a, head, tail)
		OS.Read(b, got)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestExhausted(t *testing.T) {
	for _, tt := range []struct {
		e                     Errno
		exhausted, wouldBlock bool
	}{
		{0, false, false}, {syscall.EAGAIN, false, true}, {syscall.EINTR, false, true}, {syscall.EPIPE, false, false},
		{syscall.EMFILE, true, false}, {syscall.ENFILE, true, false}, {syscall.ENOBUFS, true, false}, {syscall.ENOMEM, true, false},
	} {
		if exhausted(tt.e) != tt.exhausted || wouldBlock(tt.e) != tt.wouldBlock {
			t.Errorf("%v: exhausted %v, would block %v", tt.e, exhausted(tt.e), wouldBlock(tt.e))
		}
	}
}

func TestErrnoOf(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Errno
	}{
		{nil, 0}, {syscall.EPIPE, syscall.EPIPE}, {os.NewSyscallError("write", syscall.EPIPE), syscall.EPIPE}, {os.ErrClosed, syscall.EIO},
	} {
		if e := errnoOf(tt.err); e != tt.want {
			t.Errorf("%v is %v, want %v", tt.err, e, tt.want)
		}
	}
}
