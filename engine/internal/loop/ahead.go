package loop

// maxAhead is how many connections are read from before the first of them is
// handled.
const maxAhead = 16

// aheadSize is the size of the buffer that they share. Its parts lie a little
// more than a power of two apart, lest their beginnings, of which a small
// message uses no more, contend for the same lines of the cache.
const aheadSize = maxAhead * (16<<10 + 5*64)

// ahead is what was read from a connection that has yet to be handled.
type ahead struct {
	c     *Conn // nil if nothing was
	buf   []byte
	n     int
	errno Errno
}

// handle handles up to maxAhead events, after it has read for those that need
// only that. The kernel's code for receiving, ours, and the kernel's code for
// sending, which is by far the largest, do not fit into a processor's first
// cache together: reading for all in one go saves 2 percent of a small echo.
func (l *Loop) handle(batch []Event) {
	if len(batch) == 1 {
		l.dispatch(batch[0])
		return
	}
	share := min(len(l.aheadBuf)/len(batch), readSize)
	for i, ev := range batch {
		l.ahead[i] = l.readAhead(ev, l.aheadBuf[i*share:(i+1)*share])
	}
	for i, ev := range batch {
		a := &l.ahead[i]
		switch {
		case a.c == nil:
			l.dispatch(ev)
		case a.c.has(closed):
		case a.c.has(finishing):
			l.discarded(a.c, a.n, a.errno)
		default:
			l.received(a.c, a.buf, false, a.n, a.errno)
		}
		*a = ahead{}
	}
}

// readAhead reads into buf, unless the event or its connection asks for more
// than that.
func (l *Loop) readAhead(ev Event, buf []byte) (a ahead) {
	c := l.connOf(ev.Handle)
	if c == nil || ev.Ready != Readable || c.has(blocked|held|yielded|ended|finishing|broken) || l.events.Room(c) != nil || c.has(yielded) {
		return a
	}
	a.c, a.buf = c, buf
	a.n, a.errno = l.sys.Read(int(c.fd), buf)
	return a
}
