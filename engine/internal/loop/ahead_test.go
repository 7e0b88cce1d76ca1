//go:build linux || darwin || freebsd

package loop

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// readyTogether makes n connections, and returns once all of them have bytes
// to be read: each its number, so many times.
func (r *rig) readyTogether(n, size int) (conns []*Conn, peers []*peer) {
	r.t.Helper()
	for range n {
		c, p := r.connect("unix")
		conns, peers = append(conns, c), append(peers, p)
	}
	for i, p := range peers {
		p.send(bytes.Repeat([]byte{byte(i)}, size))
	}
	return conns, peers
}

// Whatever one connection needs, those that were read from before it is handled
// get their own bytes.
func TestReadAhead(t *testing.T) {
	own := make([]byte, readSize)
	needs := []struct {
		name string
		need func(r *rig, c *Conn)
	}{
		{"nothing special", func(*rig, *Conn) {}},
		{"to be discarded", func(_ *rig, c *Conn) { c.Finish(patience, 0) }},
		{"to be asked whether to hold", func(_ *rig, c *Conn) { c.fillSocket() }},
		{"room of its own", func(r *rig, special *Conn) {
			r.room = func(c *Conn) []byte {
				if c == special {
					return own
				}
				return nil
			}
			r.filled = func(c *Conn, n int) { r.got[c] = append(r.got[c], own[:n]...) }
			r.data = func(c *Conn, b []byte) {
				if c == special {
					r.t.Error("it was not read to its room")
				}
				r.got[c] = append(r.got[c], b...)
			}
		}},
		{"to be told that its peer has gone", func(r *rig, c *Conn) {
			c.Lock()
			c.setLocked(blocked)
			c.registerLocked()
			c.Unlock()
		}},
	}
	const size = 20_000
	for _, tt := range needs {
		for _, n := range []int{1, 2, 5, maxAhead, 2*maxAhead + 1} {
			for _, special := range []int{0, 1, n - 1} {
				t.Run(fmt.Sprintf("%s, number %d of %d", tt.name, special, n), func(t *testing.T) {
					r := newRig(t, &script{})
					conns, _ := r.readyTogether(n, size)
					tt.need(r, conns[special%n])
					r.until("all is read", func() bool {
						for _, c := range conns {
							if len(r.got[c]) < size && !c.Finishing() {
								return false
							}
						}
						return true
					})
					for i, c := range conns {
						want := bytes.Repeat([]byte{byte(i)}, size)
						if c.Finishing() {
							want = nil
						}
						if !bytes.Equal(r.got[c], want) {
							t.Fatalf("number %d got other bytes than were sent to it", i)
						}
					}
				})
			}
		}
	}
}

// A connection that is held is not read from, also if it is one of several.
func TestHeldIsNotReadAhead(t *testing.T) {
	var held *Conn
	r := newRig(t, &script{hold: func(c *Conn, _ int) bool { return c == held }})
	conns, _ := r.readyTogether(3, 100)
	held = conns[1]
	held.fillSocket()
	r.until("the others are heard", func() bool { return len(r.got) == 2 })
	r.tick()
	if n := r.sys.readsOf(held.FD()); n != 0 {
		t.Errorf("read %d times while held", n)
	}
}

// What was read from a connection is not brought to it any more once another
// one's handler has ended it.
func TestEndedAfterReadAhead(t *testing.T) {
	ends := map[string]func(c *Conn){
		"Abort":  (*Conn).Abort,
		"Finish": func(c *Conn) { c.Finish(patience, 0) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			var conns []*Conn
			var first *Conn
			r := newRig(t, &script{})
			r.data = func(c *Conn, _ []byte) {
				if first != nil {
					t.Error("heard another one")
				}
				first = c
				for _, other := range conns {
					if other != c {
						end(other)
					}
				}
			}
			var peers []*peer
			conns, peers = r.readyTogether(5, 100)
			for _, p := range peers {
				p.CloseWrite()
			}
			r.until("all others end", func() bool { return len(r.ends) == len(conns)-1 })
			if first.Gone() {
				t.Error("the first has ended too")
			}
			for c, e := range r.ends {
				if e != 0 {
					t.Errorf("%p ended with %v", c, e)
				}
			}
		})
	}
}

// What was read ahead counts for what a connection that finishes may discard.
func TestDiscardAfterReadAhead(t *testing.T) {
	var r *rig
	var conns []*Conn
	r = newRig(t, &script{data: func(c *Conn, _ []byte) {
		for _, other := range conns {
			if other != c {
				other.Finish(time.Minute, 0)
			}
		}
	}})
	conns, _ = r.readyTogether(2, 100)
	r.tick()
	finishing := 0
	for _, c := range conns {
		if c.Finishing() {
			finishing++
			if c.out == nil || c.out.discarded != 100 {
				t.Error("what was read is not counted")
			}
		}
	}
	if finishing != 1 {
		t.Errorf("%d finish", finishing)
	}
}
