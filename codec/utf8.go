package codec

import "unicode/utf8"

// UTF8 checks a text that comes in pieces, which may be cut anywhere, also
// within a code point. The zero value is ready for a new text.
type UTF8 struct {
	part    [utf8.UTFMax]byte // a code point whose end is still to come
	n       uint8             // its bytes so far
	invalid bool
}

// Valid checks the next piece. It reports false from the first byte on that no
// continuation could make valid.
func (u *UTF8) Valid(b []byte) bool {
	if u.n > 0 {
		b = u.resume(b)
	}
	if u.invalid || len(b) == 0 {
		return !u.invalid
	}
	end := cutCodePoint(b)
	u.n = uint8(copy(u.part[:], b[end:]))
	u.invalid = !utf8.Valid(b[:end])
	return !u.invalid
}

// Complete reports whether the text is valid as it stands: no code point lacks
// its end.
func (u *UTF8) Complete() bool { return u.n == 0 && !u.invalid }

// resume completes the code point in u.part from b, and returns what follows.
func (u *UTF8) resume(b []byte) []byte {
	for i, c := range b {
		u.part[u.n] = c
		u.n++
		if p := u.part[:u.n]; utf8.FullRune(p) {
			u.invalid = u.invalid || !utf8.Valid(p)
			u.n = 0
			return b[i+1:]
		}
	}
	return nil
}

// cutCodePoint gives the index at which b's last code point begins if it is
// valid so far but lacks its end, else len(b).
func cutCodePoint(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax+1); i-- {
		if utf8.RuneStart(b[i]) {
			// FullRune also reports true for what can never become valid.
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
