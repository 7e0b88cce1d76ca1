package malformed

import (
	"encoding/binary"
	"math"
)

// streamKinds are the ways in which a client can break RFC 6455, or exceed what
// is allowed. Each writes what is wrong behind valid traffic.
var streamKinds = []struct {
	name  string
	write func(w *writer)
}{
	{"reserved bits of a data frame", func(w *writer) {
		w.anywhere()
		w.frame(w.oneIn(2), byte(1+w.IntN(7)), w.next(), w.text(w.upTo(130)))
	}},
	{"reserved bits of a control frame", func(w *writer) {
		w.anywhere()
		w.frame(true, byte(1+w.IntN(7)), pick[byte](w.source, Close, Ping, Pong), nil)
	}},
	{"reserved data opcode", func(w *writer) {
		w.anywhere()
		w.frame(w.oneIn(2), 0, byte(3+w.IntN(5)), w.bytes(w.upTo(130)))
	}},
	{"reserved control opcode", func(w *writer) {
		w.anywhere()
		w.frame(true, 0, byte(11+w.IntN(5)), w.bytes(w.upTo(125)))
	}},
	{"unmasked data", func(w *writer) {
		w.anywhere()
		n := pick(w.source, 0, w.upTo(125), 126, 300)
		w.header(w.oneIn(2), 0, w.next(), uint64(n), shortest(n), false)
		w.b = append(w.b, w.text(n)...)
	}},
	{"unmasked control frame", func(w *writer) {
		w.anywhere()
		n := w.upTo(125)
		w.header(true, 0, pick[byte](w.source, Close, Ping, Pong), uint64(n), 0, false)
		w.b = append(w.b, w.text(n)...)
	}},
	{"16 bits for a length of 7", func(w *writer) {
		w.anywhere()
		n := w.upTo(125)
		w.header(w.oneIn(2), 0, w.next(), uint64(n), 2, true)
		w.payload(w.text(n))
	}},
	{"64 bits for a length of 7 or 16", func(w *writer) {
		w.anywhere()
		n := pick(w.source, 0, w.upTo(125), 126, w.upTo(math.MaxUint16), math.MaxUint16)
		w.header(w.oneIn(2), 0, w.next(), uint64(n), 8, true)
		w.payload(w.text(min(n, 200)))
	}},
	{"top bit of a length", func(w *writer) {
		w.anywhere()
		n := pick(w.source, 0, uint64(w.upTo(1000)), w.Uint64()>>1, math.MaxInt64)
		w.header(w.oneIn(2), 0, w.next(), 1<<63|n, 8, true)
		w.payload(nil)
	}},
	{"long control frame", func(w *writer) {
		w.anywhere()
		n := pick(w.source, 126, 126+w.upTo(200), 0, w.upTo(125), math.MaxUint16)
		w.header(true, 0, pick[byte](w.source, Close, Ping, Pong), uint64(n), pick(w.source, 2, 8), true)
		w.payload(w.text(min(n, 200)))
	}},
	{"fragmented control frame", func(w *writer) {
		w.anywhere()
		w.frame(false, 0, pick[byte](w.source, Close, Ping, Pong), w.bytes(pick(w.source, 0, w.upTo(125))))
	}},
	{"continuation of nothing", func(w *writer) {
		if w.anywhere(); w.open != 0 {
			w.end()
		}
		w.frame(w.oneIn(2), 0, Continuation, w.text(w.upTo(130)))
	}},
	{"message within a message", func(w *writer) {
		w.begin()
		w.frame(w.oneIn(2), 0, w.kind(), w.text(w.upTo(130)))
	}},
	{"text that is not UTF-8", func(w *writer) {
		w.frame(true, 0, Text, w.spoil(w.text(w.upTo(100))))
	}},
	{"fragmented text that is not UTF-8", func(w *writer) {
		w.beginAs(Text)
		w.split(w.spoil(w.text(w.upTo(20))))
	}},
	{"text that ends within a code point", func(w *writer) {
		w.frame(true, 0, Text, append(w.text(w.upTo(100)), w.cutCodePoint()...))
	}},
	{"fragmented text that ends within a code point", func(w *writer) {
		w.beginAs(Text)
		w.split(append(w.text(w.upTo(10)), w.cutCodePoint()...))
	}},
	{"close payload of one byte", func(w *writer) {
		w.anywhere()
		w.frame(true, 0, Close, w.bytes(1))
	}},
	{"close code that must not be sent", func(w *writer) {
		w.anywhere()
		code := pick(w.source, w.IntN(1000), 1004, 1005, 1006, 1015+w.IntN(1985), 5000+w.IntN(math.MaxUint16-4999))
		w.frame(true, 0, Close, append(binary.BigEndian.AppendUint16(nil, uint16(code)), w.text(w.upTo(123))...))
	}},
	{"close reason that is not UTF-8", func(w *writer) {
		w.anywhere()
		w.frame(true, 0, Close, append([]byte{0x03, 0xe8}, w.spoil(w.text(w.upTo(100)))...))
	}},
	{"close reason that ends within a code point", func(w *writer) {
		w.anywhere()
		w.frame(true, 0, Close, append([]byte{0x0b, 0xb8}, append(w.text(w.upTo(120)), w.cutCodePoint()...)...))
	}},
	{"message over the limit, declared", func(w *writer) {
		n := pick(w.source, uint64(w.MaxMessage)+1, 1<<16, 1<<31-1, 1<<31, 1<<32-1, 1<<32, 1<<62, math.MaxInt64, w.Uint64()>>1|1<<32)
		n = max(n, uint64(w.MaxMessage)+1)
		w.header(w.oneIn(2), 0, w.kind(), n, shortest(int(min(n, math.MaxInt32))), true)
		w.payload(w.text(w.upTo(20)))
	}},
	{"message over the limit, in fragments", func(w *writer) {
		w.begin()
		w.fragment(false, w.content(w.open, w.MaxMessage-w.size-w.upTo(5)))
		w.fragment(w.oneIn(2), w.content(w.open, w.MaxMessage-w.size+1+w.upTo(20)))
	}},
	{"too many fragments", func(w *writer) {
		for w.begin(); w.fragments < w.MaxFragments; {
			w.fragment(false, w.content(w.open, pick(w.source, 0, w.upTo(5))))
		}
		w.fragment(w.oneIn(2), w.content(w.open, w.upTo(5)))
	}},
}

// spoil puts what is not UTF-8 into text, between two code points.
func (w *writer) spoil(text []byte) []byte {
	at := w.upTo(len(text))
	for at < len(text) && text[at]&0xc0 == 0x80 {
		at++
	}
	return append(append(append([]byte{}, text[:at]...), w.notUTF8()...), text[at:]...)
}

// split ends the open message with p, in two fragments cut anywhere.
func (w *writer) split(p []byte) {
	at := w.upTo(len(p))
	w.fragment(false, p[:at])
	w.fragment(true, p[at:])
}
