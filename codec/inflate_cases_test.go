package codec

import (
	"compress/flate"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// eventsOf gives the events of messages.
func eventsOf(op Opcode, messages ...string) (events []event) {
	for _, m := range messages {
		events = append(events, event{op, m})
	}
	return events
}

// want tests a stream, which must give these events and this error.
func (c *deflating) want(t *testing.T, stream []byte, err *Error, events ...event) {
	t.Helper()
	got := testDeflated(t, c, stream)
	if !slices.Equal(got.events, events) || err == nil && got.err != nil || err != nil && !errors.Is(got.err, err) {
		t.Errorf("%v, want %d events and error %v\nstream %.100x", got, len(events), err, stream)
	}
}

// The examples of RFC 7692 section 7.2.3.
func TestInflateExamples(t *testing.T) {
	c := &deflating{Config{Role: Client, Deflate: true}, 15}
	hello := eventsOf(Text, "Hello")
	for _, stream := range []string{
		"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
		"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00",
		"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
		"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
		"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
	} {
		c.want(t, []byte(stream), nil, hello...)
	}
	c.want(t, []byte("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00"), nil, eventsOf(Text, "Hello", "Hello")...)
	c.want(t, []byte("\xc1\x01\x00"), nil, event{Text, ""})
}

func TestInflateMessages(t *testing.T) {
	noise := make([]byte, 40000)
	for i := range noise {
		noise[i] = byte(rand.New(rand.NewPCG(1, uint64(i))).Uint32())
	}
	for _, role := range []Role{Server, Client} {
		c := &deflating{Config: Config{Role: role, Deflate: true}}
		for _, text := range []string{"", "a", "Hello", strings.Repeat("0123456789", 8000), string(noise)} {
			for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 9} {
				payload := compressed(t, level, text, "")
				c.want(t, c.frame(Binary, true, payload), nil, event{Binary, text})
				if len(text) > 100 {
					continue
				}
				stream := c.fragments(Binary, payload, 3)
				if got := testDeflated(t, c, stream); got.err != nil || got.events[len(got.events)-1].payload != text {
					t.Errorf("%v", got)
				}
			}
		}
	}
}

// Compressed and plain messages take turns, as the sender likes.
func TestInflateAmongPlainMessages(t *testing.T) {
	c := &deflating{Config{Deflate: true}, 15}
	history, stream, want := "", []byte(nil), []event(nil)
	for i := range 6 {
		text := fmt.Sprintf("{\"kind\":\"measurement\",\"number\":%d}", i*i)
		stream = append(stream, c.frame(Text, true, compressed(t, 6, text, history))...)
		stream = append(stream, fromPeer(&c.Config, Text, "plain measurement")...)
		history += text
		want = append(want, eventsOf(Text, text, "plain measurement")...)
	}
	c.want(t, stream, nil, want...)
}

// What breaks the rules of RFC 7692.
func TestInflateViolations(t *testing.T) {
	c := &deflating{Config: Config{Deflate: true, MaxFragments: 3}}
	cfg := &c.Config
	hello := compressed(t, 6, "Hello", "")
	begun := c.frame(Text, false, hello[:3])
	rsv := func(bits byte, b []byte) []byte {
		b[0] |= bits << 4
		return b
	}
	for name, s := range map[string]struct {
		stream []byte
		err    *Error
	}{
		"RSV1 on a continuation":           {slices.Concat(begun, rsv(4, fragmentFromPeer(cfg, Continuation, true, hello[3:]))), ErrReservedBits},
		"RSV1 on a plain continuation":     {slices.Concat(fragmentFromPeer(cfg, Text, false, "a"), rsv(4, fragmentFromPeer(cfg, Continuation, true, hello))), ErrReservedBits},
		"RSV1 on a ping":                   {c.frame(Ping, true, hello), ErrReservedBits},
		"RSV1 on a pong within":            {slices.Concat(begun, c.frame(Pong, true, hello)), ErrReservedBits},
		"RSV1 on a close":                  {c.frame(Close, true, ""), ErrReservedBits},
		"RSV1 and RSV2":                    {rsv(6, fromPeer(cfg, Text, hello)), ErrReservedBits},
		"RSV3":                             {rsv(1, fromPeer(cfg, Text, hello)), ErrReservedBits},
		"RSV1 on a reserved opcode":        {c.frame(3, true, hello), ErrReservedOpcode},
		"a new message within":             {slices.Concat(begun, c.frame(Text, true, hello)), ErrExpectedContinuation},
		"a new plain message within":       {slices.Concat(begun, fromPeer(cfg, Text, "a")), ErrExpectedContinuation},
		"too many fragments":               {c.fragments(Text, hello, 1), ErrTooManyFragments},
		"no payload":                       {c.frame(Text, true, ""), ErrDeflate},
		"no payload in two fragments":      {slices.Concat(c.frame(Text, false, ""), fromPeer(cfg, Continuation, "")), ErrDeflate},
		"truncated":                        {c.frame(Text, true, hello[:len(hello)-1]), ErrDeflate},
		"truncated in a stored block":      {c.frame(Binary, true, "\x00\x09\x00\xf6\xffHell"), ErrDeflate},
		"nothing behind BFINAL":            {c.frame(Text, true, "\xf3\x48\xcd\xc9\xc9\x07\x00"), ErrDeflate},
		"its last four bytes not left out": {c.frame(Text, true, hello+"\x00\x00\xff\xff"), ErrDeflate},
		"trailing garbage":                 {c.frame(Binary, true, hello+"\xff"), ErrDeflate},
		"not DEFLATE":                      {c.frame(Text, true, "Hello"), ErrDeflate},
		"beyond the message's start":       {c.frame(Text, true, compressed(t, 6, "Hello", "Hello")), ErrDeflate},
		"bad UTF-8":                        {c.frame(Text, true, compressed(t, 6, "He\xffllo", "")), ErrInvalidUTF8},
		"bad UTF-8 before bad DEFLATE":     {c.frame(Text, true, compressed(t, 6, "He\xffllo", "")+"\xff"), ErrInvalidUTF8},
		"an incomplete code point":         {c.frame(Text, true, compressed(t, 6, "He\xe2\x82", "")), ErrInvalidUTF8},
		"too long, compressed, to begin":   {AppendHeader(nil, Header{Fin: true, Rsv: rsv1, OpCode: Text, Masked: true, Length: 1<<20 + 1<<17 + 1025}), ErrMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			got := testDeflated(t, c, s.stream)
			if !errors.Is(got.err, s.err) || len(got.events) > 0 && got.events[0].op.IsData() {
				t.Errorf("%v, want %v", got, s.err)
			}
		})
	}
	off := &deflating{}
	off.want(t, c.frame(Text, true, hello), ErrReservedBits)
	if ErrDeflate.Code != CloseInvalidPayload {
		t.Error(ErrDeflate.Code)
	}
}

// The largest header that is allowed.
func TestInflateCompressedSizeAtItsLimit(t *testing.T) {
	c := &deflating{Config: Config{Deflate: true, MaxMessage: 1000}}
	const limit = 1000 + 125 + 1024
	nothing := strings.Repeat("\x00\x00\x00\xff\xff", limit/5)
	nothing += "\x00\x00\x00\xff\xff"[:limit-1-len(nothing)]
	good := slices.Concat(c.frame(Binary, false, nothing[:100]), fragmentFromPeer(&c.Config, Continuation, false, nothing[100:]))
	if got := testDeflated(t, c, good); got.err != nil {
		t.Error(got)
	}
	c.want(t, slices.Concat(good, fragmentFromPeer(&c.Config, Continuation, false, "\x00\x00")), ErrMessageTooBig)
}

// MaxMessage is kept to the byte, however it comes to it.
func TestInflateLimit(t *testing.T) {
	for _, text := range []string{"12345", strings.Repeat("a", 300), strings.Repeat("0123456789abcdef", 100), strings.Repeat("x", 3000)} {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 6} {
			payload := compressed(t, level, text, "")
			for _, more := range []int{-2, -1, 0, 1} {
				c := &deflating{Config: Config{Deflate: true, MaxMessage: len(text) + more}}
				for _, stream := range [][]byte{c.frame(Binary, true, payload), c.fragments(Binary, payload, 1+len(payload)/3)} {
					got := testDeflated(t, c, stream)
					if ok := more >= 0; ok != (got.err == nil) || !ok && !errors.Is(got.err, ErrMessageTooBig) {
						t.Errorf("%d bytes, limit %d more: %v", len(text), more, got)
					}
				}
			}
		}
	}
}

// A little that becomes a lot is never held beyond the limit, and given in turns.
func TestInflateBomb(t *testing.T) {
	bomb := compressed(t, 9, strings.Repeat("a", 5<<20), "")
	limits := []int{1 << 10, 64 << 10, 1 << 20, 4 << 20}
	if raceEnabled {
		limits = limits[:3]
	}
	for _, limit := range limits {
		c := &deflating{Config: Config{Deflate: true, MaxMessage: limit}}
		for _, size := range []int{1, 1000, len(bomb)} {
			d, stream, calls := NewDecoder(&c.Config), c.frame(Binary, true, bomb), 0
			for err := error(nil); err == nil; calls++ {
				var n int
				_, _, n, err = d.Next(stream[:min(size, len(stream))])
				stream = stream[n:]
				if d.Held() > limit+64<<10 {
					t.Fatalf("holds %d bytes, limit %d", d.Held(), limit)
				}
				if err != nil && !errors.Is(err, ErrMessageTooBig) {
					t.Fatal(err)
				}
			}
			if calls < limit>>17 {
				t.Errorf("%d bytes in %d calls", limit, calls)
			}
			d.Release()
		}
	}
}

// allCodes is a block of nothing that has codes for everything, in as few bytes
// as can be, and a stored one of nothing.
const allCodes = "\xec\xfd\x03\x60\x18\x30\x0c\x00\x00\xcc\xb6\x6d\xdb\xb6\x6d\xdb\xb6\x6d" +
	"\xdb\xb6\x6d\xdb\xb6\x8d\xdb\xb6\x6d\x9b\x49\x6d\x1b\x8f\x00\x00\x00\xff\xff"

// What does not expand is taken in turns as well: it may be nothing but blocks,
// and tables for their codes, which take longer for their size than anything.
func TestInflateTakesTurns(t *testing.T) {
	c := deflateServer
	for _, turn := range []struct {
		name, payload string
		most          int // bytes
	}{
		{"stored", compressed(t, flate.NoCompression, strings.Repeat("stored", 20000), ""), turnOut + 100},
		{"empty blocks", strings.Repeat("\x00\x00\x00\xff\xff", 20000) + "\x00", 11 << 10},
		{"tables", strings.Repeat(allCodes, 2000) + "\x00", 600},
	} {
		d, calls := NewDecoder(&c.Config), 0
		for rest := c.frame(Binary, true, turn.payload); len(rest) > 0; calls++ {
			_, _, n, err := d.Next(rest)
			if err != nil || n > turn.most+MaxHeaderSize {
				t.Fatalf("%s: took %d bytes, %v", turn.name, n, err)
			}
			rest = rest[n:]
		}
		if most := len(turn.payload) * 3 / turn.most; calls > most {
			t.Errorf("%s: %d calls for %d bytes, want at most %d", turn.name, calls, len(turn.payload), most)
		}
		d.Release()
	}
}

// A text may be cut within a code point by blocks, fragments and reads.
func TestInflateTextInPieces(t *testing.T) {
	c := deflateServer
	for _, text := range []string{"größer als 5 €, 🍎", "ab\xe2\x28\xa1cd", "\xf0\x9f\x8d"} {
		payload := compressed(t, 6, text, "")
		for i := 1; i < len(payload); i++ {
			testDeflated(t, c, c.fragments(Text, payload, i))
		}
		var blocks string
		for i := range len(text) {
			blocks += "\x00\x01\x00\xfe\xff" + text[i:i+1]
		}
		testDeflated(t, c, c.frame(Text, true, blocks+"\x00"))
	}
}

// Matches may reach into earlier messages as far as the window agreed on.
func TestInflateHistory(t *testing.T) {
	words := strings.Fields("some words that come again and again in whatever order, 0 1 2 3 4 5 6 7 8 9 größer")
	for bits := 8; bits <= 15; bits++ {
		rng := rand.New(rand.NewPCG(uint64(bits), 1))
		c := &deflating{Config{Deflate: true}, bits}
		var stream []byte
		var want []event
		history := ""
		for range 12 {
			text := ""
			for range rng.IntN(20 << (bits - 8)) {
				text += words[rng.IntN(len(words))] + " "
			}
			window := history[max(0, len(history)-1<<bits):]
			stream = append(stream, c.frame(Text, true, compressed(t, 6, text, window))...)
			want = append(want, event{Text, text})
			history += text
		}
		if got := c.agree(t, stream); !slices.Equal(got.events, want) {
			t.Errorf("%d bits: %v", bits, got)
		}
		if got := c.feed(t, stream, func(left int) int { return min(left, 7) }); !slices.Equal(got.events, want) {
			t.Errorf("%d bits: %v", bits, got)
		}
	}
}

// reach makes a message of one match, of three bytes that lie distance bytes
// back.
func reach(distance int) string {
	code := 0
	for base := 1; ; code++ {
		extra := max(0, code/2-1)
		if distance < base+1<<extra {
			// BFINAL 0, fixed codes, length code 257 of 7 bits, distance code
			// of 5 bits, the end of 7 bits, an empty stored block.
			v, n := uint64(0b01<<1), 3
			v, n = v|0b1000000<<n, n+7
			for i := range 5 {
				v |= uint64(code>>(4-i)&1) << (n + i)
			}
			n += 5
			v, n = v|uint64(distance-base)<<n, n+extra+7+3
			var b []byte
			for range (n + 7) / 8 {
				b = append(b, byte(v))
				v >>= 8
			}
			return string(b)
		}
		base += 1 << extra
	}
}

// One byte further back than the window is an error, as is anything before the
// message where no context is kept.
func TestInflateHistoryEnds(t *testing.T) {
	for bits := 8; bits <= 15; bits++ {
		size := 1 << bits
		first := strings.Repeat("0123456789abcdef", size/16) + "xyz"
		kept := first[3:]
		for _, c := range []*deflating{{Config{Deflate: true}, bits}, {Config{Deflate: true}, 0}} {
			for _, distance := range []int{3, size - 1, size, size + 1} {
				if distance > 32768 {
					continue
				}
				stream := slices.Concat(c.frame(Binary, true, compressed(t, 1, first, "")), c.frame(Binary, true, reach(distance)))
				got := c.agree(t, stream)
				if c.bits == 0 || distance > size {
					if len(got.events) != 1 || !errors.Is(got.err, ErrDeflate) {
						t.Errorf("%d bits, %d back: %v", c.bits, distance, got)
					}
				} else if got.err != nil || got.events[1].payload != kept[size-distance:][:3] {
					t.Errorf("%d bits, %d back: %v", c.bits, distance, got)
				}
			}
		}
	}
}

// There is no room to read directly into a compressed message.
func TestInflateHasNoRoom(t *testing.T) {
	c := deflateServer
	d := NewDecoder(&c.Config)
	defer d.Release()
	frame := c.frame(Binary, true, compressed(t, 0, strings.Repeat("x", 20000), ""))
	d.Next(frame[:5000])
	if room := d.Room(); room != nil {
		t.Errorf("room for %d bytes", len(room))
	}
	if _, _, err := d.Filled(1); err != ErrFilled {
		t.Error(err)
	}
	if held := d.Held(); held < inflationSize+5000 {
		t.Errorf("says it holds %d bytes", held)
	}
}

func TestInflateNoAllocations(t *testing.T) {
	c := &deflating{Config: Config{Deflate: true, History: NewHistory(15)}}
	defer c.History.Release()
	text := strings.Repeat("{\"symbol\":\"ETH\",\"price\":1234.5}", 100)
	original := slices.Concat(c.frame(Text, true, compressed(t, 6, text, "")), c.fragments(Text, compressed(t, 6, text, ""), 30))
	stream := make([]byte, len(original))
	d := NewDecoder(&c.Config)
	defer d.Release()
	assertNoAllocs(t, func() {
		copy(stream, original)
		for rest := stream; len(rest) > 0; {
			_, _, n, err := d.Next(rest[:min(len(rest), 50)])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
	})
}

// What a call has inflated is told, with what took as long and gave nothing, and
// only as long as the message is incomplete.
func TestInflated(t *testing.T) {
	c := deflateServer
	d := NewDecoder(&c.Config)
	defer d.Release()
	next := func(stream []byte) (taken int) {
		t.Helper()
		_, _, taken, err := d.Next(stream)
		if err != nil {
			t.Fatal(err)
		}
		return taken
	}
	if d.Inflated() != 0 {
		t.Errorf("%d before anything", d.Inflated())
	}
	whole := c.frame(Binary, true, compressed(t, 9, strings.Repeat("a", 200<<10), ""))
	rest := whole[next(whole[:20]):]
	if got := d.Inflated(); got == 0 || got > 20<<10 {
		t.Errorf("%d of a few bytes", got)
	}
	rest = rest[next(rest):]
	if got := d.Inflated(); got < turnOut {
		t.Errorf("%d in a turn", got)
	}
	for len(rest) > 0 {
		rest = rest[next(rest):]
	}
	if got := d.Inflated(); got != 0 {
		t.Errorf("%d of a whole message", got)
	}
	next(c.frame(Binary, false, strings.Repeat("\x00\x00\x00\xff\xff", 10000)))
	if got := d.Inflated(); got < turnOut {
		t.Errorf("%d in a turn of nothing", got)
	}
}
