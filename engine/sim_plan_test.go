package engine

import (
	"github.com/sockeye-ws/sockeye/codec"
)

// plan is how a simulated client behaves once it has sent its messages.
type plan int

const (
	closeLast   plan = iota // reads all echoes, then closes
	closeAtOnce             // sends a Close frame right behind its messages
	halfClose               // ends its stream and reads its answers
	askToClose              // has the server close
	askToPanic              // has the handler panic
	violate                 // breaks the protocol
	rest                    // answers pings for a while, then closes
	resetMiddle             // is gone in the middle
	vanish                  // stops reading and writing
	stall                   // sends, but never reads
	halfRequest             // sends a part of its request, and nothing more
	plans
)

func (p plan) String() string {
	return [...]string{"closeLast", "closeAtOnce", "halfClose", "askToClose", "askToPanic", "violate", "rest",
		"resetMiddle", "vanish", "stall", "halfRequest"}[p]
}

// cooperates tells that the client reads all it gets, until the end.
func (p plan) cooperates() bool { return p < resetMiddle }

// unreliable tells that the client may have been cut because it did not do its
// part in time.
func (c *simClient) unreliable() bool { return !c.plan.cooperates() || c.link.Harmed }

// closes tells that the client sends a Close frame of its own accord.
func (c *simClient) closes() bool {
	return c.plan == closeLast || c.plan == closeAtOnce || c.plan == rest
}

// reads tells that the client reads while it waits.
func (c *simClient) reads() bool { return c.plan == rest && c.fd >= 0 }

// conclude does the last act of the plan, if its time has come.
func (c *simClient) conclude() {
	switch c.plan {
	case closeLast, rest:
		if !c.satisfied() || c.plan == rest && !c.rested() {
			return
		}
		c.out = codec.AppendMaskedClose(c.out, 3001, "bye", c.mask())
	case closeAtOnce:
		c.out = codec.AppendMaskedClose(c.out, 3001, "bye", c.mask())
	case askToClose:
		c.out = codec.AppendMaskedFrame(c.out, codec.Text, []byte("close please"), c.mask())
	case askToPanic:
		c.out = codec.AppendMaskedFrame(c.out, codec.Text, []byte("panic please"), c.mask())
	case violate:
		c.out = append(c.out, 0x83, 0x80, 0, 0, 0, 0) // a reserved opcode
		c.out = append(c.out, make([]byte, 5000)...)  // and on it goes
	}
	c.frames++
	c.ending = true
}

// satisfied tells that all echoes came, or that no more will: some may have been
// dropped.
func (c *simClient) satisfied() bool {
	if c.echoed == len(c.sent) || !c.w.drops() {
		return c.echoed == len(c.sent)
	}
	j := c.w.byLink[c.link]
	return j != nil && j.received == len(c.sent) && c.w.quiet >= leapAfter-1
}

// rested tells that the client has been silent for longer than a peer may be
// that does not answer pings.
func (c *simClient) rested() bool {
	if c.wakeAt < 0 || c.w.since(c.wakeAt) > 10*c.w.IdleTimeout {
		c.wakeAt = c.w.sys.Now() + int64(c.w.IdleTimeout*5/2)
	}
	return c.wakeAt <= c.w.sys.Now()
}

// disappear is what some clients do in the middle.
func (c *simClient) disappear() {
	r := c.w.sys.Rand
	switch {
	case c.fd < 0 || c.done():
	case c.plan == resetMiddle && r.IntN(40) == 0:
		c.failed = true
		c.hangUp()
	case c.plan == vanish && r.IntN(40) == 0:
		c.inert = true
	case c.plan == stall && c.open && len(c.messages) == 0:
		c.persist()
	}
}

// persist keeps a connection busy from which nothing is read: if its socket is
// full, only WriteTimeout can end it.
func (c *simClient) persist() {
	switch {
	case c.link.Closed:
		c.failed = true
		c.hangUp()
	case c.waits > 20:
		c.failed = true // there was not enough to read
		c.hangUp()
	default:
		c.waits++
		c.wakeAt = c.w.sys.Now() + int64(c.w.WriteTimeout/8)
		if !c.unsent() {
			c.out = codec.AppendMaskedPong(c.out, nil, c.mask())
			c.frames++
		}
	}
}

// tooFast tells that the client has sent more than it may. If it has begun
// another connection since, only the bytes are known.
func (c *simClient) tooFast(j *journal) bool {
	w := c.w
	if j.link != c.link {
		return w.MaxMessageRate > 0 || w.MaxByteRate > 0 && j.link.Read > w.MaxByteRate
	}
	return w.MaxMessageRate > 0 && c.frames > w.MaxMessageRate || w.MaxByteRate > 0 && c.bytes > w.MaxByteRate
}
