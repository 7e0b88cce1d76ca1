package engine

import (
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/pool"
)

// mailboxBytes is how many bytes of payload fill a mailbox, if as many
// messages as it may hold do not: so it holds less than that and one message.
const mailboxBytes = 64 << 10

// call is what a worker does for a connection.
type call uint8

const (
	callUpgrade call = iota
	callOpen
	callMessage
	callPong
	callDrain
	callClose
)

// letter is a call that waits for a worker.
type letter struct {
	call    call
	op      codec.Opcode // of a message
	payload *pool.Buffer // of a message or pong
	opening *opening     // of an upgrade
}

// memory gives the bytes that l holds.
func (l *letter) memory() int {
	switch {
	case l.payload != nil:
		return cap(l.payload.B)
	case l.opening != nil:
		return cap(l.opening.head.B)
	}
	return 0
}

// mailbox holds the calls that wait for a worker, of one connection and in
// their order. A connection has one only while there are any, or one is under
// way; one that is gone keeps its place within the limits as long. Its mail's
// lock guards it, except for next, which is its workers'.
type mailbox struct {
	conn    *Conn
	next    *mailbox // behind this one in the workers' queue
	letters []letter
	first   int // of the letters that wait; those before are taken
	bytes   int // of the payloads that wait
	memory  int // that the letters which wait hold

	active   bool     // in the workers' queue or with a worker
	parked   bool     // waits until the peer has read more
	held     bool     // the connection is not read from, as this is full
	resuming bool     // the loop is going to end that
	ended    bool     // the peer's end of stream comes after the letters
	draining bool     // an OnDrain waits: one is enough
	gone     bool     // the connection is: nothing more comes
	opening  *opening // of an upgrade that is not decided yet
	addr     *address // for which a connection that is gone still counts, or nil
}

func (b *mailbox) waiting() int { return len(b.letters) - b.first }

// full tells that nothing more should be read, most messages being the limit.
func (b *mailbox) full(most int) bool { return b.waiting() >= most || b.bytes >= mailboxBytes }

// roomy tells that it is worth reading again.
func (b *mailbox) roomy(most int) bool { return b.waiting() <= most/2 && b.bytes <= mailboxBytes/2 }

func (b *mailbox) push(l letter) {
	if len(b.letters) == cap(b.letters) && b.first > 0 {
		n := copy(b.letters, b.letters[b.first:])
		clear(b.letters[n:])
		b.letters, b.first = b.letters[:n], 0
	}
	b.letters = append(b.letters, l)
	b.memory += l.memory()
	if l.payload != nil {
		b.bytes += len(l.payload.B)
	}
}

// pop takes the first letter; there must be one.
func (b *mailbox) pop() letter {
	l := b.letters[b.first]
	b.letters[b.first] = letter{}
	if b.first++; b.first == len(b.letters) {
		b.letters, b.first = b.letters[:0], 0
	}
	b.memory -= l.memory()
	if l.payload != nil {
		b.bytes -= len(l.payload.B)
	}
	return l
}

// unused tells that nothing is left for which a mailbox is needed.
func (b *mailbox) unused() bool {
	return b.waiting() == 0 && !b.active && !b.held && !b.ended && b.opening == nil
}
