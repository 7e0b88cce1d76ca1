package raw

import (
	"bytes"
	"math/rand/v2"

	"github.com/sockeye-ws/sockeye/codec"
)

// traffic is what goes over each connection: the same message, and so the same
// reply, without end. Both are encoded once.
type traffic struct {
	depth    int
	messages []byte // depth messages
	message  int    // length of one
	replies  []byte // as many as a full buffer can hold, whatever it starts with
	reply    int    // length of one
}

// newTraffic encodes a binary message of pseudo-random bytes. Without WebSocket
// the same masked frame goes out, and comes back as it went.
func newTraffic(o Options) traffic {
	payload := make([]byte, o.Size)
	rand.NewChaCha8([32]byte{}).Read(payload)
	message := codec.AppendMaskedFrame(nil, codec.Binary, payload, [4]byte{0xde, 0xad, 0xbe, 0xef})
	reply := codec.AppendFrame(nil, codec.Binary, payload)
	if o.Plain {
		reply = message
	}
	return traffic{
		depth:    o.Depth,
		messages: bytes.Repeat(message, o.Depth),
		message:  len(message),
		replies:  bytes.Repeat(reply, bufferSize/len(reply)+2),
		reply:    len(reply),
	}
}

// messagesOf gives n encoded messages; n is at most depth.
func (t *traffic) messagesOf(n int) []byte { return t.messages[:n*t.message] }

// repliesFrom gives the n bytes expected when off bytes of a reply are here.
func (t *traffic) repliesFrom(off, n int) []byte { return t.replies[off : off+n] }
