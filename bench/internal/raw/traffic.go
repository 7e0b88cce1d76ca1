package raw

import (
	"bytes"
	"math/rand/v2"

	"github.com/sockeye-ws/sockeye/codec"
)

// traffic is what goes over each connection: the same message, and so the same
// reply, without end. Both are encoded once.
type traffic struct {
	messages []byte // as many as may be outstanding
	message  int    // length of one
	replies  []byte // as many as a full buffer can hold, whatever it starts with
	reply    int    // length of one
}

var mask = [4]byte{0xde, 0xad, 0xbe, 0xef}

// payload gives pseudo-random bytes, each time the same.
func payload(size int) []byte {
	p := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(p)
	return p
}

// newTraffic encodes a binary message of pseudo-random bytes. Without WebSocket
// the same masked frame goes out, and comes back as it went.
func newTraffic(o Options) traffic {
	payload := payload(o.Size)
	message := codec.AppendMaskedFrame(nil, codec.Binary, payload, mask)
	reply := codec.AppendFrame(nil, codec.Binary, payload)
	if o.Plain {
		reply = message
	}
	return traffic{
		messages: bytes.Repeat(message, o.Depth),
		message:  len(message),
		replies:  bytes.Repeat(reply, bufferSize/len(reply)+2),
		reply:    len(reply),
	}
}

// repliesFrom gives the n bytes expected when off bytes of a reply are here.
func (t *traffic) repliesFrom(off, n int) []byte { return t.replies[off : off+n] }
