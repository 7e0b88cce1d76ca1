// Package deflaters compares libraries that compress, as permessage-deflate
// needs them: each message on its own, or with those before it as history, by
// a compressor that is shared by connections.
package deflaters

import (
	stdlib "compress/flate"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/sockeye-ws/sockeye/codec"
)

// Deflater is a library at one level.
type Deflater struct {
	Name string
	// New makes a compressor, which appends to b what stands for p after
	// history, and ends it with a sync flush.
	New func() (func(b, p, history []byte) []byte, error)
}

// All gives what is compared.
func All() (all []Deflater) {
	for level := 1; level <= 9; level++ {
		all = append(all, ours(level))
	}
	for _, level := range []int{flate.HuffmanOnly, 1, 2, 3, 4, 5, 6, 7, 8, 9} {
		all = append(all, klauspost(level))
	}
	all = append(all, klauspostWindow(4<<10), klauspostStateless())
	for _, level := range []int{stdlib.HuffmanOnly, 1, 6, 9} {
		all = append(all, standard(level))
	}
	return all
}

func ours(level int) Deflater {
	return Deflater{fmt.Sprintf("sockeye %d", level), func() (func(b, p, history []byte) []byte, error) {
		z, err := codec.NewDeflater(level, 15)
		return func(b, p, history []byte) []byte { return z.Append(b, p, history, false) }, err
	}}
}

// sink appends what is written to it.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

type resetter interface {
	io.Writer
	Flush() error
	ResetDict(w io.Writer, history []byte)
}

func resetting(w resetter) func(b, p, history []byte) []byte {
	var s sink
	return func(b, p, history []byte) []byte {
		s.b = b
		w.ResetDict(&s, history)
		w.Write(p)
		w.Flush()
		return s.b
	}
}

func klauspost(level int) Deflater {
	return Deflater{fmt.Sprintf("klauspost %d", level), func() (func(b, p, history []byte) []byte, error) {
		w, err := flate.NewWriter(nil, level)
		return resetting(w), err
	}}
}

func klauspostWindow(size int) Deflater {
	return Deflater{fmt.Sprintf("klauspost, window of %d", size), func() (func(b, p, history []byte) []byte, error) {
		w, err := flate.NewWriterWindow(nil, size)
		return resetting(w), err
	}}
}

func klauspostStateless() Deflater {
	return Deflater{"klauspost, stateless", func() (func(b, p, history []byte) []byte, error) {
		var s sink
		return func(b, p, history []byte) []byte {
			s.b = b
			flate.StatelessDeflate(&s, p, false, history)
			return s.b
		}, nil
	}}
}

// standard must make a new compressor for a history, as compress/flate cannot
// be reset to one.
func standard(level int) Deflater {
	return Deflater{fmt.Sprintf("compress/flate %d", level), func() (func(b, p, history []byte) []byte, error) {
		var s sink
		w, err := stdlib.NewWriter(nil, level)
		return func(b, p, history []byte) []byte {
			s.b = b
			w := w
			if len(history) > 0 {
				w, _ = stdlib.NewWriterDict(&s, level, history)
			} else {
				w.Reset(&s)
			}
			w.Write(p)
			w.Flush()
			return s.b
		}, err
	}}
}
