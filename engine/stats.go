package engine

import "sync/atomic"

// Stats are a server's counters since its start, summed over its loops and
// including clients dialed on them. They are read one after the other, so that
// they may be some events apart.
type Stats struct {
	Connections int64 // open now, handshakes under way included
	Open        int64 // open WebSocket connections now
	Timers      int64 // set now: one at most for each connection, and a few of the loops' own

	HTTP int64 // connections with Options.HTTP now

	Accepted uint64 // connections accepted
	Shed     uint64 // connections ended at once, for want of descriptors, or far beyond the limits
	Refused  uint64 // handshakes answered with an error
	Opened   uint64 // handshakes completed

	TLSHandshakes uint64 // TLS handshakes completed, by connections that were accepted
	TLSFailed     uint64 // TLS handshakes that failed, or that the connection did not live to complete

	ProxyFailed uint64 // connections of proxies that were cut for want of a valid PROXY protocol header: see Proxies

	MessagesIn  uint64 // messages received whole
	MessagesOut uint64 // messages sent
	BytesIn     uint64 // bytes received, framing included
	BytesOut    uint64 // bytes sent, framing included
	Dropped     uint64 // messages not taken for want of room: see SendPolicy

	DroppedOlder uint64 // messages dropped for newer ones: see DropOldest
	Replaced     uint64 // messages dropped for those of SendLatest

	Memory     int64  // bytes held in buffers now, for what has not come whole, not been handled, or not been sent yet
	MemoryShed uint64 // connections ended, or their last messages dropped, because that was too much: see MaxMemory

	Panics uint64 // panics recovered in handlers
}

// counters are one loop's part, of what the loop itself does not count.
type counters struct {
	open                                                      atomic.Int64
	opened, refused, messagesIn, messagesOut, dropped, panics atomic.Uint64
	droppedOlder, replaced                                    atomic.Uint64
	tlsDone, tlsFailed, proxyFailed                           atomic.Uint64

	// What this tick adds to messagesIn and messagesOut. Of sends, those on
	// the corked connection, of which a loop has one at most: its lock guards
	// the number.
	received, sent uint64
}

// Ticked publishes what the tick has counted, and keeps to the memory budget.
func (s *sessions) Ticked() {
	s.endTick()
	s.checkMemory()
	c := &s.stats
	if c.received|c.sent == 0 {
		return
	}
	c.messagesIn.Add(c.received)
	c.messagesOut.Add(c.sent)
	c.received, c.sent = 0, 0
}

func (c *Conn) countSentLocked() {
	stats := &c.sessions().stats
	if c.conn.CorkedLocked() {
		stats.sent++
	} else {
		stats.messagesOut.Add(1)
	}
}

func (s *Stats) add(se *sessions) {
	l := &se.loop.Stats
	s.Connections += l.Open.Load()
	s.Timers += l.Timers.Load()
	s.Accepted += l.Accepted.Load()
	s.Shed += l.Shed.Load()
	s.BytesIn += l.BytesIn.Load()
	s.BytesOut += l.BytesOut.Load()
	c := &se.stats
	s.Open += c.open.Load()
	s.Opened += c.opened.Load()
	s.Refused += c.refused.Load()
	s.MessagesIn += c.messagesIn.Load()
	s.MessagesOut += c.messagesOut.Load()
	s.Dropped += c.dropped.Load()
	s.DroppedOlder += c.droppedOlder.Load()
	s.Replaced += c.replaced.Load()
	s.Panics += c.panics.Load()
	s.TLSHandshakes += c.tlsDone.Load()
	s.TLSFailed += c.tlsFailed.Load()
	s.ProxyFailed += c.proxyFailed.Load()
	s.Memory += se.memory()
}
