package handshake

import (
	"bytes"
	"iter"
	"math"
)

// Defaults of [Limits].
const (
	DefaultMaxHead    = 8 << 10
	DefaultMaxHeaders = 64
)

// Limits bounds the head that a peer may send. The zero value is safe to
// expose. A greater Head makes each unfinished handshake hold more memory;
// greater Headers cost time only.
type Limits struct {
	Head    int // bytes, the empty line at the end included; 0 or less: DefaultMaxHead
	Headers int // header lines; 0 or less: DefaultMaxHeaders
}

func (l Limits) head() int {
	if l.Head <= 0 {
		return DefaultMaxHead
	}
	return min(l.Head, math.MaxInt32)
}

func (l Limits) headers() int {
	if l.Headers <= 0 {
		return DefaultMaxHeaders
	}
	return l.Headers
}

// span is a piece of a head, as offsets: the bytes may move while they arrive.
type span struct{ from, to int32 }

func (s span) in(b []byte) []byte { return b[s.from:s.to] }

// head reads the head of a message as its bytes arrive, a line at a time, and
// looks at no byte twice (but for the few of a fixed word that is incomplete).
// A start line is checked by the types that embed it.
//
// Each step returns unfinished while bytes are missing. What is wrong is
// decided by the first bytes that show it, so that no outcome depends on how
// the bytes were cut on their way.
type head struct {
	b      []byte // the complete head; nil before
	failed *fault // what was wrong with it
	pos    int32  // how far it has been checked
	line   int32  // where the current line starts
	colon  int32  // where the current line has its colon; 0: not reached
	fields int32  // where the header lines start; 0: not reached
	count  int32  // header lines so far
}

// settle turns the outcome f of a step over the first bytes of b into that of
// a call: n > 0 once the head is complete, a fault, or neither.
func (h *head) settle(b []byte, lim Limits, f *fault) (n int, _ *fault) {
	switch {
	case f == nil:
		h.b = b[:h.pos]
		return len(h.b), nil
	case f != unfinished:
		h.failed = f
	case len(b) < lim.head():
		return 0, nil
	case h.fields == 0:
		h.failed = longStartLine
	default:
		h.failed = longHead
	}
	return 0, h.failed
}

// field checks one header line, and gives its name and value. Both are zero
// for the empty line that ends the head.
func (h *head) field(b []byte, most int) (name, value span, f *fault) {
	if h.colon == 0 {
		if f := h.fieldName(b, most); f != nil {
			return span{}, span{}, f
		}
	}
	h.pos = int32(skipValue(b, int(h.pos)))
	line, colon, end := h.line, h.colon, h.pos
	if f := h.newline(b); f != nil {
		return span{}, span{}, f
	}
	if colon == 0 {
		return span{}, span{}, nil
	}
	return span{line, colon}, trimmed(b, colon+1, end), nil
}

// fieldName checks a line up to its colon; an empty line has none.
func (h *head) fieldName(b []byte, most int) *fault {
	i := skip(b, int(h.pos), tokenChar)
	h.pos = int32(i)
	empty := h.pos == h.line
	switch {
	case i == len(b):
		return unfinished
	case empty && b[i] == '\r':
		return nil
	case empty || b[i] != ':':
		return badFieldName(b[i], empty)
	case int(h.count) == most:
		return tooManyHeaders
	}
	h.count++
	h.colon = h.pos
	h.pos++
	return nil
}

func badFieldName(c byte, first bool) *fault {
	switch {
	case c == '\n':
		return bareLF
	case isSpace(c) && first:
		return foldedLine
	case isSpace(c):
		return spacedName
	}
	return badName
}

// newline steps over the CRLF that must come next. RFC 9112 section 2.2 lets a
// recipient take a bare LF for it; that is where smuggling starts.
func (h *head) newline(b []byte) *fault {
	switch i := int(h.pos); {
	case i == len(b):
		return unfinished
	case b[i] == '\n':
		return bareLF
	case b[i] != '\r':
		return badByte
	case i+1 == len(b):
		return unfinished
	case b[i+1] != '\n':
		return bareCR
	}
	h.pos += 2
	h.line = h.pos
	h.colon = 0
	return nil
}

// trimmed gives b[from:to] without the white space at its ends.
func trimmed(b []byte, from, to int32) span {
	for from < to && isSpace(b[from]) {
		from++
	}
	for from < to && isSpace(b[to-1]) {
		to--
	}
	return span{from, to}
}

// bytes gives a piece of a complete head.
func (h *head) bytes(s span) []byte {
	if h.b == nil {
		return nil
	}
	return s.in(h.b)
}

func (h *head) text(s span) string { return string(h.bytes(s)) }

// All yields the name and value of each header line, in order and as received
// but for the white space around a value.
func (h *head) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, value := range fieldLines(h.lines()) {
			if !yield(string(name), string(value)) {
				return
			}
		}
	}
}

// Header gives the value of the first header line of that name, in any case;
// "" if there is none.
func (h *head) Header(name string) string {
	for v := range valuesOf(h.lines(), name) {
		return string(v)
	}
	return ""
}

// Headers gives the values of all header lines of that name, in any case and
// in order; nil if there is none.
func (h *head) Headers(name string) (values []string) {
	for v := range valuesOf(h.lines(), name) {
		values = append(values, string(v))
	}
	return values
}

// lines gives the header lines of a complete head.
func (h *head) lines() []byte {
	if h.b == nil {
		return nil
	}
	return h.b[h.fields:]
}

// fieldLines yields the names and values of lines that have been checked.
func fieldLines(b []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for len(b) > 0 && b[0] != '\r' {
			colon := bytes.IndexByte(b, ':')
			end := colon + bytes.IndexByte(b[colon:], '\r')
			if !yield(b[:colon], trim(b[colon+1:end])) {
				return
			}
			b = b[end+len("\r\n"):]
		}
	}
}

func valuesOf(b []byte, name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for n, v := range fieldLines(b) {
			if is(n, name) && !yield(v) {
				return
			}
		}
	}
}
