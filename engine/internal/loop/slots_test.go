package loop

import (
	"math/rand/v2"
	"testing"
)

func TestSlotsAgainstMap(t *testing.T) {
	var s slots
	rnd := rand.New(rand.NewPCG(3, 4))
	in := map[int32]*Conn{}
	most := 0
	for step := range 20_000 {
		if c := anyOf(in); c != nil && rnd.IntN(5) < 2 {
			s.remove(c)
			delete(in, c.slot)
		} else {
			c := new(Conn)
			s.put(c)
			if in[c.slot] != nil {
				t.Fatalf("step %d: slot %d given out twice", step, c.slot)
			}
			in[c.slot] = c
		}
		most = max(most, len(in))
		if int(s.used) > most {
			t.Fatalf("step %d: %d slots used, though never more than %d at once", step, s.used, most)
		}
	}
	if most < 3*chunkSize {
		t.Fatalf("never more than %d slots: too few for several chunks", most)
	}
	for i := int32(-1); i <= s.used; i++ {
		if got := s.at(i); got != in[i] {
			t.Fatalf("slot %d holds %p, want %p", i, got, in[i])
		}
	}
}

func anyOf(in map[int32]*Conn) *Conn {
	for _, c := range in {
		return c
	}
	return nil
}

func TestSlotsReuseTheLatest(t *testing.T) {
	var s slots
	conns := make([]Conn, 3)
	for i := range conns {
		s.put(&conns[i])
	}
	s.remove(&conns[0])
	s.remove(&conns[1])
	var again Conn
	if s.put(&again); again.slot != 1 || s.at(1) != &again {
		t.Fatalf("put in slot %d, want 1, the one given back last", again.slot)
	}
}

// A table that grew by copying would stall the loop, and hold both copies.
func TestSlotsGrowWithoutCopying(t *testing.T) {
	var s slots
	s.put(new(Conn))
	first := s.chunks[0]
	for range 10 * chunkSize {
		s.put(new(Conn))
	}
	if s.chunks[0] != first || len(s.chunks) != 11 {
		t.Fatalf("%d chunks, the first one moved: %v", len(s.chunks), s.chunks[0] != first)
	}
}
