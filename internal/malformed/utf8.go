package malformed

import (
	"sync"
	"unicode/utf8"
)

// beginnings are all bytes with which a code point begins that has more of
// them: found by looking at every code point there is.
var beginnings = sync.OnceValue(func() map[string]bool {
	found := map[string]bool{"": true}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		for n := 1; n < len(s); n++ {
			found[s[:n]] = true
		}
	}
	return found
})

// mayBecomeUTF8 tells that b, or b with more bytes behind it, is UTF-8.
func mayBecomeUTF8(b []byte) bool {
	for n := range utf8.UTFMax {
		cut := max(len(b)-n, 0)
		if utf8.Valid(b[:cut]) && beginnings()[string(b[cut:])] {
			return true
		}
	}
	return false
}

// text gives n bytes of UTF-8 with code points of every length.
func (s source) text(n int) []byte {
	var b []byte
	for len(b) < n {
		r := pick(s, 'a', 'Z', ' ', '0', 'ß', '\u07ff', '\u0800', '€', '\ud7ff', '\ue000', '\uffff', '\U00010000', '🐟', '\U0010ffff')
		if len(b)+utf8.RuneLen(r) > n {
			r = 'x'
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

// notUTF8 gives bytes that are nowhere in UTF-8, of every form that there is
// (RFC 3629 section 3).
func (s source) notUTF8() []byte {
	tail := func() byte { return 0x80 | byte(s.IntN(0x40)) }
	noTail := func() byte { return pick(s, byte(s.IntN(0x80)), 0xc0|byte(s.IntN(0x40))) }
	switch s.IntN(11) {
	case 0: // a continuation that continues nothing
		return []byte{tail()}
	case 1: // two bytes for what fits into one
		return []byte{pick[byte](s, 0xc0, 0xc1), tail()}
	case 2: // three for two
		return []byte{0xe0, 0x80 | byte(s.IntN(0x20)), tail()}
	case 3: // four for three
		return []byte{0xf0, 0x80 | byte(s.IntN(0x10)), tail(), tail()}
	case 4: // a surrogate
		return []byte{0xed, 0xa0 | byte(s.IntN(0x20)), tail()}
	case 5: // both surrogates of a pair
		return []byte{0xed, 0xa0 | byte(s.IntN(0x10)), tail(), 0xed, 0xb0 | byte(s.IntN(0x10)), tail()}
	case 6: // beyond U+10FFFF
		return []byte{0xf4, 0x90 | byte(s.IntN(0x30)), tail(), tail()}
	case 7: // what begins five and six bytes, or nothing ever
		return []byte{0xf5 + byte(s.IntN(11)), tail(), tail(), tail()}
	case 8:
		return []byte{0xc2 + byte(s.IntN(0x1e)), noTail()}
	case 9:
		return []byte{0xe1 + byte(s.IntN(0xc)), tail(), noTail()}
	}
	return []byte{0xf1 + byte(s.IntN(3)), tail(), tail(), noTail()}
}

// cutCodePoint gives the beginning of a code point that lacks its end.
func (s source) cutCodePoint() []byte {
	p := []byte(pick(s, "ß", "\u07ff", "\u0800", "€", "\ud7ff", "\uffff", "\U00010000", "🐟", "\U0010ffff"))
	return p[:1+s.IntN(len(p)-1)]
}
