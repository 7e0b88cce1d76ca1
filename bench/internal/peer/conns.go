package peer

import "sync"

// Conns are the open connections of a server that sends each message to all of
// them. The zero value has none; a nil pointer never has any, so that a server
// that echoes keeps no list. Any goroutine may call its methods.
type Conns[C comparable] struct {
	mu  sync.Mutex
	all map[C]struct{}

	turn sync.Mutex // held by Each, guards list
	list []C
}

// Add takes in a connection that has opened.
func (s *Conns[C]) Add(c C) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[C]struct{}{}
	}
	s.all[c] = struct{}{}
}

// Remove forgets a connection that has ended. An Each that has begun may still
// meet it.
func (s *Conns[C]) Remove(c C) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
}

// Each calls send with every connection. One call of Each waits for the other,
// so that all connections get the messages in the same order, and no
// connection has two at a time. send may call Add and Remove.
func (s *Conns[C]) Each(send func(C)) {
	if s == nil {
		return
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	s.snapshot()
	for _, c := range s.list {
		send(c)
	}
}

func (s *Conns[C]) snapshot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = s.list[:0]
	for c := range s.all {
		s.list = append(s.list, c)
	}
}
