package engine

import "github.com/sockeye-ws/sockeye/pool"

// put gives a buffer back that was counted in held; nil is none.
func (m *mail) put(b *pool.Buffer) {
	if b != nil {
		m.held.Add(-int64(cap(b.B)))
		pool.Put(b)
	}
}

// waiting gives the bytes of memory that wait for handlers, by connection.
// What workers have at the moment is not among them.
func (m *mail) waiting() map[*Conn]int {
	all := map[*Conn]int{}
	m.mu.Lock()
	defer m.mu.Unlock()
	for c, b := range m.boxes {
		if b.memory > 0 {
			all[c] = b.memory
		}
	}
	return all
}

// waitingAll gives the sum of waiting.
func (m *mail) waitingAll() (sum int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.boxes {
		sum += int64(b.memory)
	}
	return sum
}

// discard drops the messages that wait for c's handler. OnClose is still to
// come then, and gives the reason.
func (m *mail) discard(c *Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boxes[c]
	if b == nil {
		return
	}
	dropped := false
	for range b.waiting() {
		l := b.pop()
		if l.payload == nil {
			b.push(l)
			continue
		}
		m.put(l.payload)
		dropped = true
	}
	if dropped {
		c.muteFor(ErrMemory)
	}
}

// muteFor makes err the reason why nothing more is delivered, if there is none.
func (c *Conn) muteFor(err error) {
	c.conn.Lock()
	defer c.conn.Unlock()
	c.conn.MuteLocked()
	if c.end != nil && c.end.Err == nil {
		c.end.Err = err
	}
}
