package codec

import (
	"strings"
	"testing"
)

// testUTF8 checks b whole, byte by byte and split at every place against the
// grammar of RFC 3629.
func testUTF8(t *testing.T, b []byte) {
	t.Helper()
	valid := len(b) // how many bytes are valid or may still become so
	var naive naiveUTF8
	for i, c := range b {
		if !naive.step(c) {
			valid = i
			break
		}
	}
	complete := valid == len(b) && naive.need == 0

	var whole, bytewise UTF8
	if whole.Valid(b) != (valid == len(b)) || whole.Complete() != complete {
		t.Fatalf("%x: want %d valid bytes, complete %v", b, valid, complete)
	}
	for i := range b {
		if bytewise.Valid(b[i:i+1]) != (i < valid) {
			t.Fatalf("%x, byte %d: want %d valid bytes", b, i, valid)
		}
		var split UTF8
		if split.Valid(b[:i]) != (i <= valid) || split.Valid(b[i:]) != (valid == len(b)) || split.Complete() != complete {
			t.Fatalf("%x, split at %d: want %d valid bytes, complete %v", b, i, valid, complete)
		}
	}
	if bytewise.Complete() != complete || bytewise.Valid(nil) != (valid == len(b)) {
		t.Fatalf("%x, byte by byte: want complete %v", b, complete)
	}
}

// Every byte where the grammar changes its mind, and its neighbours.
var edges = []byte("\x00A\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xFF")

func TestUTF8Exhaustively(t *testing.T) {
	for i := range 1 << 16 {
		testUTF8(t, []byte{byte(i >> 8), byte(i)})
	}
	n := len(edges)
	for i := range n * n * n {
		b := []byte{edges[i/n/n], edges[i/n%n], edges[i%n], 0}
		testUTF8(t, b[:3])
		for _, c := range []byte("\x7F\x80\xBF\xC0") {
			b[3] = c
			testUTF8(t, b)
		}
	}
}

func TestUTF8InLongerTexts(t *testing.T) {
	for _, s := range []string{
		"", "plain", "größer als 5 €", "🍎🍏", strings.Repeat("x", 100) + "é",
		"κόσμε\xED\xA0\x80edited", "ends with half \xF0\x9F\x8D", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xF4\x90\x80\x80",
	} {
		testUTF8(t, []byte(s))
	}
}

func FuzzUTF8(f *testing.F) {
	f.Add([]byte("größer als 5 €"))
	f.Add([]byte("\xF0\x9F\x8D"))
	f.Add([]byte("ab\xED\xA0\x80"))
	f.Fuzz(func(t *testing.T, b []byte) { testUTF8(t, b[:min(len(b), 200)]) })
}
