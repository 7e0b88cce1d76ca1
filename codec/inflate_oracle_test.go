package codec

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"sync"
)

// deflateOracle is the oracle for connections with permessage-deflate: it takes
// a compressed message's bytes for a binary message's, and gives all that has
// come of them to compress/flate, after each frame.
type deflateOracle struct {
	oracle
	cfg     *Config
	bits    int // of the window that is kept between messages, or 0
	history []byte

	op    Opcode // of the current message, if that is compressed
	early []result
}

// expectedDeflate gives what a decoder must make of stream, which keeps a
// window of so many bits between messages, or none.
//
// compress/flate may wait for more bits than the next code takes, 15 of them. A
// decoder may fail before, where early says: there it fails whatever they are.
func expectedDeflate(cfg *Config, bits int, stream []byte) (want result, early []result) {
	o := &deflateOracle{cfg: cfg, bits: bits}
	o.role, o.maxFragments, o.stream = cfg.Role, cfg.maxFragments(), bytes.Clone(stream)
	for {
		idle := !o.fragmented && len(o.stream) == 0
		o.begin()
		err := o.frame()
		if o.op != 0 {
			if bad := o.inflate(err == nil && !o.fragmented); bad != nil {
				err = bad
			}
		}
		if err == nil {
			continue
		}
		r := result{events: o.events}
		switch err {
		case errEnd:
			r.idle = idle
		case errClosed:
		default:
			r.err = err
		}
		return r, o.early
	}
}

// begin makes a compressed message look like a binary one.
func (o *deflateOracle) begin() {
	if !o.fragmented {
		o.op, o.maxMessage, o.message = 0, o.cfg.maxMessage(), nil
	}
	if len(o.stream) == 0 || !o.cfg.Deflate {
		return
	}
	first := o.stream[0]
	if first&0x7F != 0x41 && first&0x7F != 0x42 {
		return
	}
	o.stream[0] = first&0x80 | 2
	if !o.fragmented {
		o.op = Opcode(first & 15)
		o.maxMessage += o.maxMessage/8 + 1024
	}
}

// inflate judges the compressed bytes so far. If they are all, it puts the
// message into place.
func (o *deflateOracle) inflate(whole bool) error {
	compressed := o.message
	if whole {
		compressed = slices.Concat(compressed, lastBytes)
	}
	out, err := o.judge(compressed, whole)
	if err != nil {
		if whole {
			o.events = o.events[:len(o.events)-1]
		}
		return err
	}
	if whole {
		o.events[len(o.events)-1] = event{o.op, string(out)}
		if o.bits > 0 {
			o.history = append(o.history, out...)
			o.history = o.history[max(0, len(o.history)-1<<o.bits):]
		}
		return nil
	}
	_, zeros := o.judge(slices.Concat(compressed, []byte{0, 0}), false)
	_, ones := o.judge(slices.Concat(compressed, []byte{0xFF, 0xFF}), false)
	if zeros == ones && zeros != nil {
		o.early = append(o.early, result{events: slices.Clone(o.events), err: zeros})
	}
	return nil
}

// judge inflates, and says what is wrong with what comes first.
func (o *deflateOracle) judge(compressed []byte, whole bool) ([]byte, error) {
	limit := o.cfg.maxMessage()
	out, end := inflateNaively(compressed, o.history, limit+1)
	var text naiveUTF8
	for _, c := range out[:min(limit, len(out))] {
		if o.op == Text && !text.step(c) {
			return nil, ErrInvalidUTF8
		}
	}
	switch {
	case len(out) > limit:
		return nil, ErrMessageTooBig
	case end == isCorrupt, whole && end != atEdge:
		return nil, ErrDeflate
	case whole && o.op == Text && text.need > 0:
		return nil, ErrInvalidUTF8
	}
	return out, nil
}

type ending int

const (
	atEdge ending = iota // two blocks
	inBlock
	isCorrupt
)

// inflateNaively inflates blocks, also behind those with BFINAL, up to a limit.
func inflateNaively(compressed, history []byte, limit int) (out []byte, end ending) {
	for {
		window := slices.Concat(history, out)
		piece, left, err := inflateToFinal(compressed, window, limit-len(out))
		out = append(out, piece...)
		var bad flate.CorruptInputError
		switch {
		case len(out) == limit:
			return out, inBlock
		case errors.As(err, &bad):
			return out, isCorrupt
		case err != nil:
			// An end between blocks is one where a last block fits on.
			more, left, err := inflateToFinal(slices.Concat(compressed, []byte{1, 0, 0, 0xFF, 0xFF}), window, limit)
			if err == nil && left == 0 && len(more) == len(piece) {
				return out, atEdge
			}
			return out, inBlock
		case left == 0:
			return out, atEdge
		}
		compressed = compressed[len(compressed)-left:]
	}
}

// inflateToFinal returns how many bytes are left behind a block with BFINAL.
func inflateToFinal(compressed, window []byte, limit int) (out []byte, left int, err error) {
	in := bytes.NewReader(compressed)
	zr := flateReaders.Get().(io.ReadCloser)
	defer flateReaders.Put(zr)
	zr.(flate.Resetter).Reset(in, window[max(0, len(window)-32768):])
	out, err = io.ReadAll(io.LimitReader(zr, int64(limit)))
	return out, in.Len(), err
}

var flateReaders = sync.Pool{New: func() any { return flate.NewReader(nil) }}
