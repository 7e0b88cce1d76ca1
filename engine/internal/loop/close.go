package loop

import (
	"syscall"
	"time"
)

// lingerBytes is how much is read and discarded from a peer after our last
// byte, so that it reads that instead of a reset.
const lingerBytes = 4 << 20

// silentLinger is how long a peer that has nothing more to say may take to end
// its stream.
const silentLinger = time.Second

// Peer is what [Conn.Finish] may expect of the peer.
type Peer uint32

const (
	// EndsFirst leaves it to the peer to end its stream before we end ours.
	EndsFirst = Peer(endsFirst)

	// Silent is a peer that has nothing more to say: once everything is sent
	// it gets a second to end its stream.
	Silent = Peer(silent)

	// Talking is a peer that may be in the middle of something: our stream ends
	// only after nothing has come for a quarter of a second. There are proxies
	// that take that end for the end of both streams: they reset who still
	// sends, and it never reads why.
	Talking = Peer(talking)
)

// pause is for how long nothing comes from a Talking peer that is done.
const pause = 250 * time.Millisecond

// Finish closes c once everything queued is sent, but lingers: it ends our
// stream, then reads and discards until the peer ends its own. It takes no
// longer than d in all, nor more than 4 MiB. Nothing more can be sent.
//
// Closing with bytes unread makes the system send a reset, upon which the
// peer may lose even what had reached it before.
func (c *Conn) Finish(d time.Duration, peer Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has(closed | finishing) {
		return
	}
	c.setLocked(finishing | uint32(peer))
	c.DropLatestLocked()
	c.clearLocked(held)
	if c.has(paused) {
		c.clearLocked(paused)
		c.registerLocked()
	}
	c.SetTimer(d)
	if !c.has(corked) {
		c.FlushLocked() // what was gathered
	}
	c.finishLocked()
}

// Finishing tells that Finish was called. It may be called from any goroutine.
func (c *Conn) Finishing() bool { return c.has(finishing) }

// finishLocked goes on with Finish once everything is sent.
func (c *Conn) finishLocked() {
	flags := c.word.Load()
	if flags&finishing == 0 || flags&(closed|lingering|corked) != 0 || c.BufferedLocked() > 0 {
		return
	}
	if flags&(sealing|broken) == sealing {
		if c.sealEndLocked(); c.BufferedLocked() > 0 {
			return
		}
		flags = c.word.Load()
	}
	c.setLocked(lingering)
	switch {
	case flags&broken != 0:
	case flags&talking != 0 && flags&(ended|endsFirst) == 0:
		c.awaitPauseLocked()
	case flags&endsFirst == 0:
		c.loop.sys.CloseWrite(int(c.fd))
	}
	if flags&silent != 0 {
		c.Hasten(silentLinger)
	}
	if flags&ended != 0 {
		c.closeLocked(0)
	}
}

// awaitPauseLocked makes the timer, which is set to the end of c's time, fire
// earlier, to look for a pause.
func (c *Conn) awaitPauseLocked() {
	if c.out == nil {
		c.out = newQueue()
	}
	c.out.until = c.due
	c.Hasten(pause)
}

// endAfterPause ends the stream to a peer from which nothing has come for a
// while, or looks again later. It is not ok when c's time is over.
func (l *Loop) endAfterPause(c *Conn) (ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.has(talking) || !c.has(lingering) || c.out == nil {
		return false
	}
	left := time.Duration(int32(c.out.until-l.tick)) * tickLength
	wait := pause - c.Silent()
	if wait <= 0 {
		c.clearLocked(talking)
		l.sys.CloseWrite(int(c.fd))
		wait = left
	}
	c.SetTimer(min(wait, left))
	return left > 0
}

// Abort closes c at once: what is not sent is lost.
func (c *Conn) Abort() { c.loop.close(c, 0) }

// close takes c out of service. Its descriptor and slot are freed at the end
// of the tick, so that no event of this tick can meet their next owner.
func (l *Loop) close(c *Conn, e Errno) {
	c.mu.Lock()
	c.closeLocked(e)
	c.mu.Unlock()
}

func (c *Conn) closeLocked(e Errno) {
	if c.has(closed) {
		return
	}
	if c.has(broken) {
		e = c.failure() // came first
	}
	c.dropLocked()
	c.setLocked(closed)
	c.loop.wheel.stop(c)
	c.loop.closing = append(c.loop.closing, ending{c, e})
}

// ending is a connection that is closed at the end of the tick.
type ending struct {
	c *Conn
	e Errno
}

// closeEnded closes what came to its end in this tick. Events.Closed may end
// more.
func (l *Loop) closeEnded() {
	for i := 0; i < len(l.closing); i++ {
		end := l.closing[i]
		if end.c == nil {
			continue // the user's code ended the goroutine in Closed
		}
		l.closing[i] = ending{}
		end.c.closeFD()
		l.conns.remove(end.c)
		delete(l.failing, end.c)
		l.Stats.Open.Add(-1)
		l.events.Closed(end.c, end.e)
	}
	l.closing = l.closing[:0]
}

// closeFD closes c's descriptor, unless it is somebody else's now.
func (c *Conn) closeFD() {
	if c.has(released) {
		return
	}
	if c.has(adopted) {
		c.loop.poller.Remove(int(c.fd))
	}
	c.loop.sys.Close(int(c.fd))
}

// Release ends c for the loop, as Abort does, but leaves its descriptor open,
// for the caller. It is -1 if c is closed already.
func (c *Conn) Release() (fd int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has(closed) {
		return -1
	}
	if !c.has(unwatched) {
		c.loop.poller.Remove(int(c.fd))
	}
	c.setLocked(released)
	c.closeLocked(0)
	return int(c.fd)
}

// discard reads on from a connection that is finishing.
func (l *Loop) discard(c *Conn) {
	n, e := l.sys.Read(int(c.fd), l.buf)
	l.discarded(c, n, e)
}

func (l *Loop) discarded(c *Conn, n int, e Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e != 0 && wouldBlock(e):
	case e != 0:
		c.closeLocked(e)
	case n == 0 && c.has(lingering):
		c.closeLocked(0)
	case n == 0:
		c.setLocked(ended)
		c.registerLocked()
	default:
		c.seen = l.tick
		if c.out == nil {
			c.out = newQueue()
		}
		if n >= minYield {
			c.Yield()
		}
		if c.out.discarded += n; c.out.discarded > lingerBytes {
			c.closeLocked(syscall.EMSGSIZE)
		}
	}
}
