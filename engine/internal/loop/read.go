package loop

import (
	"slices"
	"syscall"

	"github.com/sockeye-ws/sockeye/pool"
)

// directSize is how much of a large message is read to its own place in one go.
// It is more than readSize: these bytes need no decoding, and come to one
// message, so that they take no longer than as many small messages would.
const directSize = 256 << 10

// lastReads is how many buffers of bytes a peer may have sent before a write
// to it failed, and still be heard.
const lastReads = 64

// readable reads once: what is left makes the descriptor ready again, after
// its neighbours have had their turn.
func (l *Loop) readable(c *Conn) {
	flags := c.word.Load()
	switch {
	case flags&closed != 0:
	case flags&ended != 0 && slices.Contains(l.justEnded, c):
		// The event is older than the end, which may be in it.
	case flags&ended != 0:
		l.close(c, syscall.EPIPE) // nobody asked: the peer does not read either
	case flags&finishing != 0:
		l.discard(c)
	default:
		l.read(c)
	}
}

// read tells whether there may be more to read.
func (l *Loop) read(c *Conn) bool {
	if c.has(held) || c.has(blocked) && l.events.Hold(c, c.Buffered()) {
		c.pause()
		return false
	}
	buf, direct := l.events.Room(c), true
	if len(buf) == 0 {
		buf, direct = l.buf, false
	}
	buf = buf[:min(len(buf), directSize)] // its neighbours wait
	if c.has(closed | finishing | yielded) {
		return false
	}
	n, e := l.sys.Read(int(c.fd), buf)
	return l.received(c, buf, direct, n, e)
}

// received goes on with what a read into buf gave.
func (l *Loop) received(c *Conn, buf []byte, direct bool, n int, e Errno) bool {
	switch {
	case e != 0 && wouldBlock(e):
		return false
	case e != 0:
		l.close(c, e)
		return false
	case n == 0:
		l.peerEnded(c)
		return false
	}
	c.seen = l.tick
	l.bytesIn += uint64(n)
	c.cork()
	if direct {
		l.events.Filled(c, n)
	} else {
		l.events.Data(c, buf[:n])
		pool.Scribble(buf[:n])
	}
	c.uncork()
	return true
}

// End does what the end of the peer's stream does: for a layer that knows of it
// before the socket does.
func (l *Loop) End(c *Conn) {
	if !c.has(ended | finishing | closed) {
		l.justEnded = append(l.justEnded, c)
		l.peerEnded(c)
	}
}

// peerEnded notes that nothing more will come: the peer may still read.
func (l *Loop) peerEnded(c *Conn) {
	c.mu.Lock()
	c.setLocked(ended)
	c.registerLocked()
	c.mu.Unlock()
	l.events.Ended(c)
}

// writable sends on what the socket did not take before.
func (l *Loop) writable(c *Conn) {
	c.mu.Lock()
	if !c.has(blocked) || c.has(closed|broken) {
		c.mu.Unlock()
		return
	}
	before := c.takenLocked()
	empty := c.flushLocked(nil)
	taken := empty || c.takenLocked() != before
	if taken {
		c.seen = l.tick // a peer that takes bytes is there
	}
	if !empty {
		if taken {
			c.out.moved = l.tick
		}
		unsent := c.BufferedLocked()
		c.mu.Unlock()
		l.resume(c, unsent)
		return
	}
	c.clearLocked(blocked)
	if !c.has(held) {
		c.clearLocked(paused)
	}
	if !c.has(broken) {
		c.registerLocked()
	}
	c.finishLocked()
	drained := !c.has(broken | closed | finishing)
	c.mu.Unlock()
	if drained {
		l.events.Drained(c)
	}
}

// pause stops reading from c until it is no longer to be held.
func (c *Conn) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has(blocked|held) && !c.has(paused|closed|finishing) {
		c.setLocked(paused)
		c.registerLocked()
	}
}

// resume reads on from c once it need not be held any more.
func (l *Loop) resume(c *Conn, unsent int) {
	if !c.has(paused) || c.has(held) || c.has(blocked) && l.events.Hold(c, unsent) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.has(closed | broken) {
		c.clearLocked(paused)
		c.registerLocked()
	}
}

// failed ends a connection to which a write failed: what the peer had sent
// before is read first, as it would be had we not written. If it yields, it goes
// on in its turn.
func (l *Loop) failed(c *Conn) {
	reads := l.failing[c]
	for reads < lastReads && !c.has(closed|ended|finishing|yielded) && l.read(c) {
		reads++
	}
	if !c.has(yielded) || c.has(closed|ended|finishing) {
		l.close(c, 0)
		return
	}
	if l.failing == nil {
		l.failing = map[*Conn]int{}
	}
	l.failing[c] = reads
}
