package loop

import "slices"

// pieceCost is what a piece takes besides its bytes.
const pieceCost = 40

// piece is a part of what a connection has not sent yet that may be dropped,
// as a whole and as long as none of it is sent. Its ends are positions in all
// that the queue ever held, less what was dropped.
type piece struct {
	start, end uint64
	key        string
}

// held is what the piece takes.
func (p piece) held() int { return int(p.end-p.start) + pieceCost }

// MarkLocked makes the last n bytes that were sent a piece, with a key that
// others may share. It does nothing if some of them are on their way.
func (c *Conn) MarkLocked(n int, key string) {
	if q := c.out; q != nil && n > 0 && len(q.unsent()) >= n {
		if len(q.pieces) == cap(q.pieces) {
			q.forgetSent()
		}
		end := q.gone + uint64(len(q.unsent()))
		q.pieces = append(q.pieces, piece{end - uint64(n), end, key})
	}
}

// HeldLocked gives the number of unsent bytes, and of those that pieces take
// besides.
func (c *Conn) HeldLocked() int {
	if c.out == nil || len(c.out.pieces) == 0 {
		return c.BufferedLocked()
	}
	c.out.forgetSent()
	return c.BufferedLocked() + pieceCost*len(c.out.pieces)
}

// HeldByKeyLocked gives how much of HeldLocked DropKeyLocked would free; nothing
// if key is empty.
func (c *Conn) HeldByKeyLocked(key string) (n int) {
	if c.out == nil || key == "" {
		return 0
	}
	c.out.forgetSent()
	for _, p := range c.out.pieces {
		if p.key == key {
			n += p.held()
		}
	}
	return n
}

// DropOldestLocked drops pieces, the oldest first, until at most limit bytes
// are held or no piece is left, and gives their number.
func (c *Conn) DropOldestLocked(limit int) (dropped int) {
	if c.out == nil {
		return 0
	}
	n, over := 0, c.HeldLocked()-limit
	for ; n < len(c.out.pieces) && over > 0; n++ {
		over -= c.out.pieces[n].held()
	}
	c.out.dropPieces(func(i int) bool { return i < n })
	return n
}

// DropKeyLocked drops the pieces with this key, and gives their number.
func (c *Conn) DropKeyLocked(key string) (dropped int) {
	if c.out == nil || len(c.out.pieces) == 0 {
		return 0
	}
	c.out.forgetSent()
	before := len(c.out.pieces)
	c.out.dropPieces(func(i int) bool { return c.out.pieces[i].key == key })
	return before - len(c.out.pieces)
}

// forgetSent forgets the pieces of which something is sent.
func (q *queue) forgetSent() {
	n, _ := slices.BinarySearchFunc(q.pieces, q.gone, func(p piece, gone uint64) int {
		if p.start < gone {
			return -1
		}
		return 1
	})
	q.pieces = slices.Delete(q.pieces, 0, n)
}

// dropPieces drops those for which drop says so, in one pass over the bytes.
// None of them may be partly sent.
func (q *queue) dropPieces(drop func(i int) bool) {
	b, kept := q.unsent(), q.pieces[:0]
	to, from := 0, 0 // b[from:] is still to be moved to b[to:]
	for i, p := range q.pieces {
		start, end := int(p.start-q.gone), int(p.end-q.gone)
		if drop(i) {
			to += copy(b[to:], b[from:start])
			from = end
			continue
		}
		lost := uint64(from - to)
		kept = append(kept, piece{p.start - lost, p.end - lost, p.key})
	}
	if from == 0 {
		return
	}
	to += copy(b[to:], b[from:])
	clear(q.pieces[len(kept):]) // their keys are garbage
	q.pieces = kept
	q.buf.B = q.buf.B[:q.off+to]
}
