package codec

import (
	"errors"

	"github.com/sockeye-ws/sockeye/codec/internal/deflate"
)

// ErrDeflater is returned by [NewDeflater] for a level or window that there is
// not.
var ErrDeflater = errors.New("codec: a Deflater has a level of 1 to 9 and a window of 8 to 15 bits")

// Deflater compresses messages for permessage-deflate, RFC 7692 section 7.2.1.
// It is for one goroutine at a time.
//
// It keeps nothing between messages, so that any number of connections can
// share one: about one is needed for each processor. Each takes some 270 KiB,
// and up to 100 KiB more once it has been given a history. [GetDeflater] lends
// them.
type Deflater struct {
	z                 *deflate.Deflater
	level, windowBits int
}

// NewDeflater returns a Deflater of a level from 1, the fastest, to 9, the
// smallest, which refers back by 2^windowBits bytes at most: 8 to 15. Else the
// error is [ErrDeflater].
func NewDeflater(level, windowBits int) (*Deflater, error) {
	z := deflate.New(level, windowBits)
	if z == nil {
		return nil, ErrDeflater
	}
	return &Deflater{z, level, windowBits}, nil
}

// Append appends the payload that stands for p to b and returns it, as append
// does. It may refer to history, what came before p; of that it needs the last
// 2^windowBits bytes at most, and none if each message stands alone. p and
// history are not kept, and must not overlap what is free in b.
//
// A message that is compressed piece by piece has last set for its last piece
// only, and then the earlier pieces belong to the history. Each piece can go
// into a frame of its own.
//
// The result may be longer than p: by 6 bytes, and 6 more for every 16 KiB.
func (z *Deflater) Append(b, p, history []byte, last bool) []byte {
	b = z.z.Append(b, p, history)
	if !last {
		b = append(b, emptyBlock...)
	}
	return b
}

// emptyBlock is the end of an empty stored block. It follows each piece; at
// the end of a message it is left out, and whoever inflates adds it (RFC 7692
// sections 7.2.1 and 7.2.2).
const emptyBlock = "\x00\x00\xff\xff"
