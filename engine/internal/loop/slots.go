package loop

const (
	chunkBits = 10
	chunkSize = 1 << chunkBits
)

// slots is a table of a loop's connections. It grows by chunks, as copying a
// table of a million would stall the loop and leave the old one behind.
type slots struct {
	chunks []*[chunkSize]*Conn
	free   []int32 // slots given back
	used   int32   // slots ever given out
	n      int
}

// at gives the connection in slot i, or nil.
func (s *slots) at(i int32) *Conn {
	if i < 0 || i >= s.used {
		return nil
	}
	return s.chunks[i>>chunkBits][i&(chunkSize-1)]
}

func (s *slots) put(c *Conn) {
	c.slot = s.take()
	s.chunks[c.slot>>chunkBits][c.slot&(chunkSize-1)] = c
	s.n++
}

func (s *slots) take() int32 {
	if last := len(s.free) - 1; last >= 0 {
		i := s.free[last]
		s.free = s.free[:last]
		return i
	}
	if int(s.used)>>chunkBits == len(s.chunks) {
		s.chunks = append(s.chunks, new([chunkSize]*Conn))
	}
	s.used++
	return s.used - 1
}

func (s *slots) remove(c *Conn) {
	s.chunks[c.slot>>chunkBits][c.slot&(chunkSize-1)] = nil
	s.free = append(s.free, c.slot)
	s.n--
}
