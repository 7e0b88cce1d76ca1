package handshake

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// text is what the grammar reads: received bytes or a caller's strings.
type text interface{ ~string | ~[]byte }

// class is a set of the places where a byte may stand.
type class uint8

const (
	tokenChar  class = 1 << iota // tchar, RFC 9110 section 5.6.2
	valueChar                    // in a field value, section 5.5: no control but HTAB
	targetChar                   // in a request target: visible ASCII, no fragment
	hostChar                     // in a host name: unreserved, RFC 3986 section 2.3
	hexChar
	digitChar
	base64Char
)

var classes = func() (t [256]class) {
	add := func(c class, chars string) {
		for _, b := range []byte(chars) {
			t[b] |= c
		}
	}
	const (
		digits  = "0123456789"
		letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	)
	add(tokenChar|hostChar|base64Char, digits+letters)
	add(tokenChar, "!#$%&'*+-.^_`|~")
	add(hostChar, "-._~")
	add(base64Char, "+/")
	add(digitChar|hexChar, digits)
	add(hexChar, "abcdefABCDEF")
	add(valueChar, "\t ")
	for b := '!'; b <= '~'; b++ {
		t[b] |= valueChar | targetChar
	}
	t['#'] &^= targetChar
	for b := 0x80; b <= 0xff; b++ {
		t[b] |= valueChar
	}
	return t
}()

// skip gives the offset of the first byte from i on that is not in c.
func skip[T text](s T, i int, c class) int {
	for i < len(s) && classes[s[i]]&c != 0 {
		i++
	}
	return i
}

// skipValue is skip for valueChar, by words: values are most of a head.
func skipValue(b []byte, i int) int {
	for i+8 <= len(b) && !anyControl(binary.LittleEndian.Uint64(b[i:])) {
		i += 8
	}
	return skip(b, i, valueChar)
}

// anyControl reports whether one of the bytes of w is below SP or DEL.
func anyControl(w uint64) bool {
	const ones = 0x0101010101010101
	del := w ^ 0x7f*ones
	return ((w-' '*ones)&^w|(del-ones)&^del)&(0x80*ones) != 0
}

// all reports whether every byte of s is in c.
func all[T text](s T, c class) bool { return skip(s, 0, c) == len(s) }

func isToken[T text](s T) bool { return len(s) > 0 && all(s, tokenChar) }

// is reports whether a and b are equal but for the case of ASCII letters.
// Unicode folding would take U+212A for a k.
func is[A, B text](a A, b B) bool { return len(a) == len(b) && equalFold(a, b) }

func equalFold[A, B text](a A, b B) bool {
	for i := range len(a) {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// elements yields the elements of a comma-separated list, without the white
// space around them. Empty ones are skipped, RFC 9110 section 5.6.1.2. It is
// for lists whose elements hold no quoted strings.
func elements(list []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(list) > 0 {
			e, rest, _ := bytes.Cut(list, comma)
			if e = trim(e); len(e) > 0 && !yield(e) {
				return
			}
			list = rest
		}
	}
}

var comma = []byte{','}

// trim cuts optional white space (OWS, RFC 9110 section 5.6.3) from both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// listed reports whether list holds word, in any case. It is not ok if an
// element is not valid.
func listed(list []byte, word string, valid func([]byte) bool) (found, ok bool) {
	for e := range elements(list) {
		if !valid(e) {
			return false, false
		}
		found = found || is(e, word)
	}
	return found, true
}

// isProtocol reports whether e is name or name/version, as an element of
// Upgrade is: RFC 9110 section 7.8.
func isProtocol(e []byte) bool {
	name, version, versioned := bytes.Cut(e, slash)
	return isToken(name) && (!versioned || isToken(version))
}

var slash = []byte{'/'}
