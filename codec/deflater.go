package codec

import (
	"errors"

	"github.com/klauspost/compress/flate"
)

// ErrDeflater is returned by [NewDeflater] for a level or window that there is
// not.
var ErrDeflater = errors.New("codec: levels are 1 to 9, windows have 8 to 15 bits")

// Deflater compresses messages for permessage-deflate, RFC 7692 section 7.2.1.
// It is for one goroutine at a time, and keeps nothing of a message: about one
// for each processor serves any number of connections.
type Deflater struct {
	w      *flate.Writer
	window int
	out    sliceWriter
}

// NewDeflater returns a Deflater of a level from 1, the fastest, to 9, the
// smallest. It refers back by 2^windowBits bytes at most: 8 to 15.
func NewDeflater(level, windowBits int) (*Deflater, error) {
	if level < 1 || level > 9 || windowBits < 8 || windowBits > 15 {
		return nil, ErrDeflater
	}
	z := &Deflater{window: 1 << windowBits}
	if windowBits < 15 {
		z.w, _ = flate.NewWriterWindow(nil, z.window)
	} else {
		z.w, _ = flate.NewWriter(nil, level)
	}
	return z, nil
}

// Append appends the compressed form of p to b.
func (z *Deflater) Append(b, p, history []byte, last bool) []byte {
	z.out.b = b
	z.w.ResetDict(&z.out, history[max(len(history)-z.window, 0):])
	z.w.Write(p)
	z.w.Flush()
	b = z.out.b
	z.out.b = nil
	if last {
		b = b[:len(b)-4]
	}
	return b
}

type sliceWriter struct{ b []byte }

func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}
