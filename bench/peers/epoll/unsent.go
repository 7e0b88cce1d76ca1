package main

const (
	maxUnsent = 1 << 20 // bytes of a connection
	maxSpare  = 16      // buffers kept
)

// unsent are the bytes that full sockets did not take. A buffer is used again
// by the next full socket, so that a load that fills sockets makes no garbage.
type unsent struct {
	queues map[int]*queue // by descriptor
	spare  []*queue
}

type queue struct {
	b    []byte
	sent int // bytes of b
}

func newUnsent() unsent { return unsent{queues: map[int]*queue{}} }

// waits tells whether anything of fd is unsent.
func (u *unsent) waits(fd int) bool { return u.queues[fd] != nil }

// of gives what is unsent of a descriptor that waits.
func (u *unsent) of(fd int) []byte {
	q := u.queues[fd]
	return q.b[q.sent:]
}

// add appends b, unless it would be too much.
func (u *unsent) add(fd int, b []byte) bool {
	q := u.queues[fd]
	if q == nil {
		q = u.fresh()
		u.queues[fd] = q
	}
	if len(q.b)+len(b) > maxUnsent {
		return false
	}
	q.b = append(q.b, b...)
	return true
}

// sent notes that n bytes have been sent, and tells whether that was all.
func (u *unsent) sent(fd, n int) bool {
	q := u.queues[fd]
	q.sent += n
	if q.sent < len(q.b) {
		return false
	}
	u.drop(fd)
	return true
}

// drop forgets what is unsent.
func (u *unsent) drop(fd int) {
	q := u.queues[fd]
	if q == nil {
		return
	}
	delete(u.queues, fd)
	if len(u.spare) < maxSpare {
		q.b, q.sent = q.b[:0], 0
		u.spare = append(u.spare, q)
	}
}

func (u *unsent) fresh() *queue {
	n := len(u.spare)
	if n == 0 {
		return new(queue)
	}
	q := u.spare[n-1]
	u.spare = u.spare[:n-1]
	return q
}
