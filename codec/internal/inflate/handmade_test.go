package inflate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// some is a complete set of codes for what the cases need: literals, matches
// of 3 and 258, distances 1 to 4 and the longest.
func some() (literals, distances codeSet) {
	literals, distances = repeated(0, 286), repeated(0, 30)
	literals['a'], literals['b'], literals[256], literals[257], literals[285] = 1, 3, 3, 3, 4
	literals['c'] = 4
	distances[0], distances[1], distances[3], distances[29] = 2, 2, 2, 2
	return literals, distances
}

// ladder is a complete set with a code of each length from 1 to 15.
func ladder(size int, symbols ...int) codeSet {
	set := repeated(0, size)
	for i, symbol := range symbols {
		set[symbol] = uint8(min(i+1, maxCode))
	}
	return set
}

type handmade struct {
	name    string
	stream  []byte
	history string
	out     string
	corrupt bool
}

// handmadeStreams are the corners of RFC 1951.
func handmadeStreams() []handmade {
	var cases []handmade
	withHistory := func(name, history string, w *writer, out string, corrupt bool) {
		cases = append(cases, handmade{name, w.stream, history, out, corrupt})
	}
	good := func(name string, w *writer, out string) { withHistory(name, "", w, out, false) }
	bad := func(name string, w *writer, out string) {
		withHistory(name, "", w.bytes(make([]byte, 20)...), out, true)
	}
	start := func() *writer { return new(writer) }
	dynamic := func() *writer { return start().dynamic(some()) }

	good("nothing", start(), "")
	good("empty stored blocks", start().stored("").stored("").stored(""), "")
	good("stored", start().stored("Hello").stored(strings.Repeat("x", 65535)), "Hello"+strings.Repeat("x", 65535))
	good("padding of any kind", start().bits(0b11111_00_0, 8).bytes(1, 0, 0xFE, 0xFF, 'a'), "a")
	good("stored after fixed", start().fixed().text("He").end().stored("llo"), "Hello")
	good("empty fixed blocks", start().fixed().end().fixed().end().fixed().end().stored(""), "")
	good("RFC 7692 section 7.2.3.1", start().bytes(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0, 0, 0xff, 0xff), "Hello")
	good("RFC 7692 section 7.2.3.3", start().bytes(0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00, 0, 0, 0xff, 0xff), "Hello")
	good("RFC 7692 section 7.2.3.4", start().bytes(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0, 0, 0xff, 0xff), "Hello")
	good("RFC 7692 section 7.2.3.5", start().bytes(0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00, 0, 0, 0xff, 0xff), "Hello")
	withHistory("RFC 7692 section 7.2.3.2", "Hello", start().bytes(0xf2, 0x00, 0x11, 0x00, 0x00, 0, 0, 0xff, 0xff), "Hello", false)

	// After BFINAL the bits up to the next byte are padding.
	final := start().bits(1, 1).bits(1, 2)
	final.literals = start().fixed().literals
	good("BFINAL, then more", final.text("a").end().bits(0x7F, (8-final.n)%8).stored("b"), "ab")
	good("BFINAL in stored blocks", start().bytes(1, 1, 0, 0xFE, 0xFF, 'a', 1, 1, 0, 0xFE, 0xFF, 'b', 0, 0, 0, 0xFF, 0xFF), "ab")

	a258 := strings.Repeat("a", 258)
	good("length 258", start().fixed().text("a").match(285, 0, 0, 0, 0, 0).end().stored(""), "a"+a258)
	good("length 258 as 227 and 31", start().fixed().text("a").match(284, 31, 5, 0, 0, 0).end().stored(""), "a"+a258)
	far := strings.Repeat("0123456789abcdef", 2048)
	good("distance 32768", start().stored(far).fixed().match(257, 0, 0, 29, 1<<13-1, 13).end().stored(""), far+"012")
	withHistory("distance 32768 into history", far, start().fixed().match(257, 0, 0, 29, 1<<13-1, 13).end().stored(""), "012", false)
	withHistory("from history into output", "xyz", start().fixed().text("ab").match(260, 0, 0, 4, 0, 1).end().stored(""), "abxyzabx", false)
	withHistory("from history, overlapping", "xy", start().fixed().match(264, 0, 0, 1, 0, 0).end().stored(""), "xyxyxyxyxy", false)
	withHistory("beyond history", "xy", start().fixed().text("a").match(257, 0, 0, 3, 0, 0).end(), "a", true)
	bad("distance beyond the start", start().fixed().match(257, 0, 0, 0, 0, 0), "")
	bad("distance beyond the start by one", start().fixed().text("ab").match(257, 0, 0, 2, 0, 0), "ab")

	for _, symbol := range []int{286, 287} {
		bad(fmt.Sprint("length code ", symbol), start().fixed().text("a").code(start().fixed().literals, symbol), "a")
	}
	for _, symbol := range []int{30, 31} {
		bad(fmt.Sprint("distance code ", symbol), start().fixed().text("a").match(257, 0, 0, symbol, 0, 0), "a")
	}
	bad("reserved kind of block", start().header(0, 3), "")
	bad("reserved kind of block, BFINAL", start().header(1, 3), "")
	bad("stored length and inverse differ", start().bytes(0, 1, 0, 0xFE, 0xFE, 'a'), "")
	bad("stored length is its own inverse", start().bytes(0, 1, 0, 1, 0, 'a'), "")

	good("dynamic", dynamic().text("abc").match(257, 0, 0, 1, 0, 0).match(285, 0, 0, 0, 0, 0).end().stored(""), "abcbcb"+strings.Repeat("b", 258))
	literals, _ := some()
	good("shortest HLIT and HDIST", start().dynamic(append(append(repeated(0, 255), 1), 1), codeSet{0}).code(codeSet{1, 1}, 0).end().stored(""), "\xff")
	for name, w := range map[string]*writer{
		"HLIT 287":                            start().header(0, 2).bits(30, 5).bits(0, 5).bits(15, 4),
		"HLIT 288":                            start().header(0, 2).bits(31, 5).bits(0, 5).bits(15, 4),
		"HDIST 31":                            start().header(0, 2).bits(0, 5).bits(30, 5).bits(15, 4),
		"HDIST 32":                            start().header(0, 2).bits(0, 5).bits(31, 5).bits(15, 4),
		"no length codes":                     start().sizes(257, 1, repeated(0, 19)),
		"one length code is used for another": start().sizes(257, 1, ladder(19, 1)).bits(2, 2),
		"oversubscribed length codes":         start().sizes(257, 1, repeated(4, 19)),
		"incomplete length codes":             start().sizes(257, 1, repeated(5, 19)),
		"oversubscribed literals":             start().dynamic(repeated(8, 257), codeSet{0}),
		"incomplete literals":                 start().dynamic(repeated(9, 286), codeSet{0}),
		"half a set of literals":              start().dynamic(append(repeated(0, 255), 2, 2), codeSet{0}),
		"half a set of distances":             start().dynamic(literals, codeSet{2, 2}),
		"one literal of two bits":             start().dynamic(append(repeated(0, 256), 2), codeSet{0}),
		"no literals":                         start().dynamic(repeated(0, 257), codeSet{0}),
		"oversubscribed distances":            start().dynamic(literals, codeSet{1, 1, 1}),
		"incomplete distances":                start().dynamic(literals, codeSet{2, 2, 2}),
		"one distance of two bits":            start().dynamic(literals, codeSet{0, 2}),
		"repetition of nothing":               start().sizes(257, 1, repeatCodes()).code(repeatCodes(), 16),
		"repetition beyond the last":          start().sizes(257, 1, repeatCodes()).code(repeatCodes(), 18).bits(127, 7).code(repeatCodes(), 18).bits(127, 7),
		"repetition of a length beyond the last": start().sizes(257, 1, repeatCodes()).code(repeatCodes(), 18).bits(127, 7).code(repeatCodes(), 18).bits(107, 7).
			code(repeatCodes(), 1).code(repeatCodes(), 16).bits(0, 2),
	} {
		bad(name, w, "")
	}

	one := start().dynamic(literals, codeSet{0, 1})
	good("one distance code", one.text("ab").match(285, 0, 0, 1, 0, 0).end().stored(""), "ab"+strings.Repeat("ab", 129))
	one = start().dynamic(literals, codeSet{0, 1}).text("ab").code(literals, 257).bits(1, 1)
	bad("one distance code, but the other bit", one, "ab")
	good("no distance codes", start().dynamic(literals, codeSet{0}).text("ab").end().stored(""), "ab")
	bad("no distance codes, but a match", start().dynamic(literals, codeSet{0}).text("ab").code(literals, 257), "ab")
	onlyEnd := append(repeated(0, 256), 1)
	good("one literal code, the end", start().dynamic(onlyEnd, codeSet{0}).end().stored(""), "")
	bad("one literal code, but the other bit", start().dynamic(onlyEnd, codeSet{0}).bits(1, 1), "")
	endless := codeSet(repeated(0, 257))
	endless['x'] = 1
	cases = append(cases, handmade{"no code for the end", start().dynamic(endless, codeSet{0}).bytes(0, 0).stream, "", "x", false})
	cases[len(cases)-1].out = strings.Repeat("x", 16+int(8-start().dynamic(endless, codeSet{0}).n)%8)

	// Lengths may run on from the literals to the distances.
	w := start().sizes(258, 2, repeatCodes())
	w.code(repeatCodes(), 18).bits(127, 7).code(repeatCodes(), 18).bits(118-11, 7).code(repeatCodes(), 1).code(repeatCodes(), 16).bits(0, 2)
	w.literals, w.distances = append(repeated(0, 256), 1, 1), codeSet{1, 1}
	withHistory("repetition across the sets", "xy", w.match(257, 0, 0, 1, 0, 0).end().stored(""), "xyx", false)

	w = start().sizes(258, 2, repeatCodes())
	w.code(repeatCodes(), 18).bits(127, 7).code(repeatCodes(), 18).bits(118-11, 7).code(repeatCodes(), 1).code(repeatCodes(), 1)
	w.code(repeatCodes(), 17).bits(0, 3)
	w.literals = append(repeated(0, 256), 1, 1)
	bad("repetition beyond the last by one", w.end().stored("x"), "")

	// Codes of all lengths, in first and second tables.
	long := ladder(286, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 257, 'm', 256, 'n')
	longDistances := ladder(30, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
	for _, rest := range []int{0, 40} {
		w = start().dynamic(long, longDistances).text("abcdefghijklmnabcdef"+strings.Repeat("n", rest)).match(257, 0, 0, 3, 0, 0).match(257, 0, 0, 4, 1, 1)
		text := "abcdefghijklmnabcdef" + strings.Repeat("n", rest)
		for _, distance := range []int{4, 6} {
			for range 3 {
				text += text[len(text)-distance:][:1]
			}
		}
		good(fmt.Sprint("codes of all lengths ", rest), w.end().stored(""), text)
	}
	return cases
}

// repeatCodes are codes for lengths 0 and 1 and all repetitions.
func repeatCodes() codeSet {
	set := repeated(0, 19)
	set[0], set[1], set[16], set[17], set[18] = 2, 2, 2, 3, 3
	return set
}

func TestHandmade(t *testing.T) {
	for _, c := range handmadeStreams() {
		t.Run(c.name, func(t *testing.T) {
			got := testStream(t, c.stream, []byte(c.history))
			if string(got.out) != c.out || got.corrupt != c.corrupt {
				t.Errorf("%d bytes %.80q, corrupt %v; want %d bytes %.80q", len(got.out), got.out, got.corrupt, len(c.out), c.out)
			}
		})
	}
}

// Cut in the midst of a block, what is missing is no error of what is there.
func TestTruncated(t *testing.T) {
	stream := new(writer).dynamic(some()).text("abc").match(285, 0, 0, 0, 0, 0).end().stored("xyz").stream
	whole := testStream(t, stream, nil)
	if !whole.between || whole.corrupt {
		t.Fatal(whole)
	}
	for i := 1; i < len(stream); i++ {
		got := testStream(t, stream[:i], nil)
		if got.corrupt || got.between || !bytes.HasPrefix(whole.out, got.out) {
			t.Errorf("cut at %d: %v", i, got)
		}
	}
}

// Every short distance with lengths that overlap it, far from the ends of input
// and room, and near them.
func TestMatches(t *testing.T) {
	const start = "0123456789abcdefghij"
	w := new(writer).stored(start).fixed()
	want := start
	for distance := 1; distance <= 20; distance++ {
		symbol, base := distanceSymbol(distance)
		for length := 3; length <= 10; length++ {
			w.match(254+length, 0, 0, symbol, uint(distance-base), uint(max(0, symbol/2-1))).text("-+")
			for range length {
				want += want[len(want)-distance:][:1]
			}
			want += "-+"
		}
	}
	got := testStream(t, w.end().stored("").stream, nil)
	if string(got.out) != want || !got.between {
		t.Errorf("%.300q\nwant\n%.300q", got.out, want)
	}
}

// distanceSymbol gives a distance's symbol, and the least distance that has it.
func distanceSymbol(distance int) (symbol, base int) {
	for base = 1; ; symbol++ {
		if next := base + 1<<max(0, symbol/2-1); distance < next {
			return symbol, base
		} else {
			base = next
		}
	}
}
