// Package deflate compresses messages into raw DEFLATE streams, RFC 1951.
//
// It is made for many short messages: it reads and writes slices, clears no
// table between messages, and keeps to any window that DEFLATE and
// permessage-deflate know.
package deflate

// Limits of [New].
const (
	MinLevel      = 1
	MaxLevel      = 9
	MinWindowBits = 8
	MaxWindowBits = 15
)

const maxWindow = 1 << MaxWindowBits

// Deflater compresses one message after the other and keeps nothing of them.
// It is for one goroutine at a time.
type Deflater struct {
	matcher matcher
	block   block
	joined  []byte // end of the history, and start of the message
}

// New returns a Deflater for a level from [MinLevel], the fastest, to
// [MaxLevel], the smallest, that refers back by 2^windowBits bytes at most. It
// is nil if there is no such level or window.
func New(level, windowBits int) *Deflater {
	if level < MinLevel || level > MaxLevel || windowBits < MinWindowBits || windowBits > MaxWindowBits {
		return nil
	}
	z := new(Deflater)
	z.matcher.window = 1 << windowBits
	z.matcher.effort = efforts[level]
	return z
}

// Append appends the compressed form of p to b, in whole bytes, and returns
// it: blocks of which none is the last, then the head of an empty stored block
// that ends where its length, 00 00 ff ff, would follow. It may refer to
// history, the bytes before p.
func (z *Deflater) Append(b, p, history []byte) []byte {
	w := bitWriter{b: b}
	history = z.useful(history, len(p))
	z.matcher.begin(len(history) + len(p))
	done := 0
	if len(history) > 0 {
		done = min(len(p), joinedSize)
		z.joined = append(append(z.joined[:0], history...), p[:done]...)
		z.matcher.index(z.joined, len(history))
		z.compress(&w, z.joined, len(history))
		z.matcher.base += uint32(len(history))
	}
	if done < len(p) {
		z.compress(&w, p, done)
	}
	z.matcher.end(len(p))
	w.storedHead()
	return w.b
}

// joinedSize is how much of a message is copied behind its history. With a
// window or more, nothing is lost by the rest not referring to the history.
const joinedSize = 64 << 10

// useful gives the part of the history that pays: to index all of it would take
// several times as long as to compress a short message, which little of it
// makes almost as small.
func (z *Deflater) useful(history []byte, size int) []byte {
	n := min(max(z.matcher.indexed, indexedPerByte*size), z.matcher.window)
	return history[max(len(history)-n, 0):]
}

const indexedPerByte = 4

// compress appends the blocks for src[from:], which may refer to what is before.
func (z *Deflater) compress(w *bitWriter, src []byte, from int) {
	for from < len(src) {
		to := z.matcher.tokens(&z.block, src, from)
		z.block.write(w, src[from:to])
		from = to
	}
}
