package leak

import (
	"fmt"
	"slices"

	"github.com/sockeye-ws/sockeye/codec"
)

// publishers is how many connections of a broadcast publish; they stay to the
// end, while others come and go.
const publishers = 4

// maxUnderWay is the limit of the bytes that are published and not received by
// all: well below what a server allows to be unsent on a connection.
const maxUnderWay = 512 << 10

// broadcasting is the duty to send messages to a server that sends each to all
// connections: each must get each message once, and each publisher's in their
// order. Messages that are too short to tell whose they are are left out.
type broadcasting struct {
	*thread
	all      [publishers]*publisher
	byNumber map[uint32]*publisher
	members  int  // connections that are open
	begun    bool // all were open once
	underWay int  // bytes
}

// publisher is what is known of one.
type publisher struct {
	index    int
	conn     *conn
	next     Message
	messages []published // not received by all yet, in their order
}

// published is a message under way.
type published struct {
	Message
	size int
	left int // connections that still have to get it
}

// member is what a connection knows of each publisher, by the numbers of
// messages.
type member struct {
	known [publishers]uint32 // when it was dialed, all had got what is before this
	owed  [publishers]uint32 // when it was open, nothing was published from this on
	next  [publishers]uint32 // 0: nothing has come yet
}

func newBroadcasting(t *thread) *broadcasting {
	return &broadcasting{thread: t, byNumber: map[uint32]*publisher{}}
}

// following gives the connection's next message, from m on, that is long enough
// to tell whose it is. None has the number 0, which stands for nothing.
func (m Message) following() Message {
	for m.Seq++; ; m.Seq++ {
		if _, size := m.shape(); size >= wordSize {
			return m
		}
	}
}

func (b *broadcasting) dialed(c *conn) {
	m := &member{}
	for i, p := range b.all {
		if p != nil {
			m.known[i] = p.next.Seq
			if len(p.messages) > 0 {
				m.known[i] = p.messages[0].Seq
			}
		}
	}
	c.part = m
}

func (b *broadcasting) opened(c *conn) {
	if c.end == half {
		c.end = clean // what is under way when its side ends need not come
	}
	c.last = 1 + uint32(b.random.IntN(2*b.whole.options.Life))
	if i := c.place; i < publishers && b.all[i] == nil {
		p := &publisher{index: i, conn: c, next: Message{Conn: c.number}.following()}
		b.all[i], b.byNumber[c.number] = p, p
	}
	b.joins(c)
	if b.members++; b.members == len(b.conns) && !b.begun {
		b.begun = true
		b.eachOpen(b.joins)
	}
}

// joins notes what c has to get from now on.
func (b *broadcasting) joins(c *conn) {
	for i, p := range b.all {
		if p != nil {
			c.part.(*member).owed[i] = p.next.Seq
		}
	}
}

// next lets a publisher go on when all have what it published Depth messages
// before.
func (b *broadcasting) next(c *conn) (m Message, ok bool) {
	p := b.byNumber[c.number]
	if p == nil || b.over || !b.begun || len(p.messages) >= b.whole.options.Depth || b.underWay > maxUnderWay || p.next.Seq > pingSeq-wordSize {
		return Message{}, false
	}
	m = p.next
	_, size := m.shape()
	p.messages = append(p.messages, published{m, size, b.members})
	b.underWay += size
	p.next = m.following()
	c.sent++
	return m, true
}

func (b *broadcasting) message(c *conn, op codec.Opcode, payload []byte) (wrong string) {
	m, ok := owner(payload)
	p := b.byNumber[m.Conn]
	if !ok || p == nil || m.Seq >= p.next.Seq {
		return fmt.Sprintf("%s of %d B that nobody published%s", opNames[op], len(payload), origin(Message{c.number, 0}, payload, 0))
	}
	if wrong := b.compare(m, op, payload); wrong != "" {
		return wrong
	}
	part := c.part.(*member)
	next := &part.next[p.index]
	switch {
	case *next != 0 && m.Seq != *next:
		return fmt.Sprintf("%v came where message %d was due", m, *next)
	case *next == 0 && m.Seq < part.known[p.index]:
		return fmt.Sprintf("%v came again, to a connection that was not there when all had got it", m)
	case *next == 0 && m.Seq > part.owed[p.index]:
		return fmt.Sprintf("%v came, but not message %d before it", m, part.owed[p.index])
	}
	if m.Seq >= part.owed[p.index] {
		b.received(p, m.Seq)
	}
	*next = m.following().Seq
	c.received++
	return ""
}

// received notes that one more connection has a message.
func (b *broadcasting) received(p *publisher, seq uint32) {
	i, _ := slices.BinarySearchFunc(p.messages, seq, func(m published, seq uint32) int { return int(m.Seq) - int(seq) })
	p.messages[i].left--
	for len(p.messages) > 0 && p.messages[0].left == 0 {
		b.underWay -= p.messages[0].size
		p.messages = slices.Delete(p.messages, 0, 1)
	}
}

// missing calls do with the messages under way that c has to get.
func (b *broadcasting) missing(c *conn, do func(p *publisher, seq uint32)) {
	part := c.part.(*member)
	for i, p := range b.all {
		if p == nil {
			continue
		}
		from := max(part.owed[i], part.next[i])
		for _, m := range slices.Clone(p.messages) {
			if m.Seq >= from {
				do(p, m.Seq)
			}
		}
	}
}

func (b *broadcasting) owed(c *conn) (what string) {
	b.missing(c, func(p *publisher, seq uint32) { what = Message{p.next.Conn, seq}.String() })
	return what
}

// leaves lets a connection close while others publish.
func (b *broadcasting) leaves(c *conn) bool { return !b.over || b.owed(c) == "" }

func (b *broadcasting) finished(c *conn) bool {
	return b.over || b.byNumber[c.number] == nil && c.received >= c.last
}

func (b *broadcasting) gone(c *conn) {
	b.missing(c, b.received)
	b.members--
	if b.byNumber[c.number] != nil && !b.over {
		b.whole.stopped.Store(true) // one that publishes has failed
	}
}

func (b *broadcasting) waiting() (all []*conn) {
	for _, p := range b.all {
		if p != nil && p.conn.state == present {
			all = append(all, p.conn)
		}
	}
	return all
}
