package leak

import (
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// conn is a connection.
type conn struct {
	place  int // among the thread's
	number uint32
	fd     int
	state  state
	end    end
	heard  time.Time // when anything came

	head    []byte // of the answer to its handshake, in part
	decoder *codec.Decoder
	out     []byte // what the socket did not take
	part    any    // what the duty knows of it

	sent, received, last uint32 // messages, and how many it has
	pings, ponged        uint32 // likewise
}

type state uint8

const (
	absent    state = iota
	upgrading       // the answer to the handshake is awaited
	present
	silent // our side has ended, the rest of the answers is awaited
	closing
)

// end is how a connection ends.
type end uint8

const (
	clean end = iota // with Close frames, once all answers are here
	half             // its side ends first, the answers are awaited
	reset            // at once, whatever is under way
	torn             // the same within a message
)

// Ends are the ways in which connections end, as [Result] counts them.
var Ends = [...]string{"closed", "half-closed", "reset", "reset within a message", failed}

const failed = "given up"

func (e end) String() string { return Ends[e] }

// drawEnd picks how a connection will end.
func (t *thread) drawEnd() end {
	switch n := t.random.IntN(10); {
	case n < 4:
		return clean
	case n < 6:
		return half
	case n < 9:
		return reset
	}
	return torn
}

// due is the message whose reply is awaited next.
func (c *conn) due() Message { return Message{c.number, c.received} }

// ping gives the connection's ping n.
func (c *conn) ping(n uint32) Message { return Message{c.number, pingSeq + n} }
