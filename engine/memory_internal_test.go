package engine

import (
	"syscall"
	"testing"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// hold adds a connection to s that holds n bytes.
func (s *sessions) hold(t *testing.T, n int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fds[1]) })
	c := &Conn{profile: s.owner.settings.profiles[0]}
	if e := s.loop.Add(&c.conn, fds[0]); e != 0 {
		t.Fatal(e)
	}
	s.open(c)
	c.rx = s.getReceiver()
	c.rx.charged = n
	s.received.Add(int64(n))
}

// If the connections of one loop are not enough, those of the next follow, and
// no more than are needed.
func TestReliefGoesOn(t *testing.T) {
	server := NewServer(HandlerFuncs{}, Options{MaxMemory: 100_000})
	g, err := newGroup(loop.OS, 4, server)
	if err != nil {
		t.Fatal(err)
	}
	server.group = g
	for _, s := range g.sessions {
		s.hold(t, 99_000)
	}
	g.sessions[0].checkMemory()
	for range 20 {
		for _, s := range g.sessions {
			s.loop.Post(func() {}) // so that it does not wait
			if err := s.loop.Tick(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if st := server.Stats(); st.MemoryShed != 3 || st.Memory > 100_000 {
		t.Errorf("%d of 4 connections were shed, %d bytes are held", st.MemoryShed, st.Memory)
	}
	for _, s := range g.sessions {
		s.loop.Stop()
		if err := s.loop.Run(); err != nil {
			t.Error(err)
		}
	}
}

// What came while others were being ended is looked at as well, even if there
// is less than before on the whole.
func TestLessMemoryMayStillBeTooMuch(t *testing.T) {
	server := NewServer(HandlerFuncs{}, Options{MaxMemory: 1000})
	g, err := newGroup(loop.OS, 1, server)
	if err != nil {
		t.Fatal(err)
	}
	server.group = g
	s := g.sessions[0]
	s.hold(t, 2000)
	s.checked = 3000
	s.checkMemory()
	if !s.relieving.Load() {
		t.Error("nothing is done about it")
	}
	s.loop.Stop()
	if err := s.loop.Run(); err != nil {
		t.Error(err)
	}
}
