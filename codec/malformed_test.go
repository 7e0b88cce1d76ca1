package codec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sockeye-ws/sockeye/internal/malformed"
)

// Ten thousand streams of clients that break a rule, each in one of all ways,
// and thousands that break none: whatever the pieces in which they come, the
// decoder says what an oracle says that knows nothing of it.
func TestMalformedStreams(t *testing.T) {
	n := 14_000
	if raceEnabled { // which makes this ten times slower
		n /= 8
	}
	bad, good := 0, 0
	for s := range malformed.Streams(n) {
		if s.Want.Fault == "" {
			good++
		} else {
			bad++
		}
		rng := rand.New(rand.NewPCG(uint64(bad), uint64(good)))
		ways := []feeder{
			{next: all},
			{next: func(int) int { return 1 }},
			{next: func(left int) int { return 1 + rng.IntN(left) }, direct: true},
		}
		for _, f := range ways {
			f.t, f.cfg = t, &Config{MaxMessage: s.Limits.MaxMessage, MaxFragments: s.Limits.MaxFragments}
			if got := f.run(s.Bytes); !got.agrees(s.Want) {
				t.Fatalf("%s: got %v\nwant %+v\nlimits %+v\nregression test: []byte(%q)", s.Kind, got, s.Want, s.Limits, s.Bytes)
			}
		}
	}
	if bad < n*10/14 || good < n*3/14 {
		t.Errorf("%d malformed streams, %d valid ones: too few", bad, good)
	}
}

// agrees tells that r is what v demands: the same frames before the end, and
// the same close code.
func (r result) agrees(v malformed.Verdict) bool {
	same := func(e event, f malformed.Frame) bool { return byte(e.op) == f.Opcode && e.payload == f.Payload }
	return slices.EqualFunc(r.events, v.Frames, same) && r.code() == v.Code
}

// code gives the close code that is to be sent, 0 for none.
func (r result) code() int {
	if r.err != nil {
		return int(r.err.(*Error).Code)
	}
	if last := len(r.events) - 1; last >= 0 && r.events[last].op == Close {
		code, _, _ := ParseClosePayload([]byte(r.events[last].payload))
		return int(code)
	}
	return 0
}

// Every form of invalid UTF-8 in a text of two fragments, cut at every byte,
// and read in all the ways there are.
func TestInvalidUTF8AtEachSplit(t *testing.T) {
	forms := []string{
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", // too long
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\xbd\xed\xb8\x80", // surrogates
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff", // too large
		"\xc2a", "\xe2\x82a", "\xe2a\xac", "\xf0\x9f\x90a", "\xf0\x9fa\x9f", "\xf0a", "\xc2\xc2", "\xe2\x82\xe2", // cut short
		"\xc2", "\xe2", "\xe2\x82", "\xf0", "\xf0\x9f", "\xf0\x9f\x90", // at the end
	}
	cfg := &Config{}
	for _, form := range forms {
		for _, text := range []string{form, "a€" + form} {
			for at := range len(text) + 1 {
				stream := append(fragmentFromPeer(cfg, Text, false, text[:at]), fragmentFromPeer(cfg, Continuation, true, text[at:])...)
				if got := testStream(t, cfg, stream); got.err != ErrInvalidUTF8 || len(got.events) > 0 {
					t.Errorf("%q cut at %d: %v", text, at, got)
				}
			}
		}
	}
}
