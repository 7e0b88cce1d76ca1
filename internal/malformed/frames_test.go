package malformed

import (
	"bytes"
	"slices"
	"testing"
)

// Whatever is made to be wrong in some way is judged so, and what is made to be
// right is not.
func TestStreams(t *testing.T) {
	const n = 4_000
	count, faults := map[string]int{}, map[string]int{}
	for s := range Streams(n) {
		v := s.Want
		count[s.Kind]++
		faults[v.Fault]++
		switch s.Kind {
		case mutant:
		case Valid:
			if v.Fault != "" || v.Code != 1000 {
				t.Fatalf("valid stream judged %+v: %q", v, s.Bytes)
			}
		default:
			if v.Fault == "" {
				t.Fatalf("%s judged %+v: %q", s.Kind, v, s.Bytes)
			}
		}
	}
	for _, kind := range StreamKinds() {
		if count[kind] < n/100 {
			t.Errorf("%d streams: %s", count[kind], kind)
		}
	}
	if bad := n - faults[""]; bad < n*10/14 {
		t.Errorf("only %d malformed streams of %d", bad, n)
	}
	t.Log(count)
	t.Log(faults)
}

func TestStreamsAreTheSameEachTime(t *testing.T) {
	equal := func(a, b Stream) bool { return a.Kind == b.Kind && bytes.Equal(a.Bytes, b.Bytes) }
	if !slices.EqualFunc(slices.Collect(Streams(100)), slices.Collect(Streams(100)), equal) {
		t.Error("other streams the second time")
	}
}

// The examples of RFC 6455 section 5.7, and some that are wrong.
func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		stream string
		code   int
		frames []Frame
	}{
		{"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 0, []Frame{{Text, "Hello"}}},
		{"\x01\x83\x00\x00\x00\x00Hel\x89\x80\x00\x00\x00\x00\x80\x82\x00\x00\x00\x00lo", 0, []Frame{{Ping, ""}, {Text, "Hello"}}},
		{"\x82\xfe\x01\x00\x00\x00\x00\x00" + string(make([]byte, 256)), 0, []Frame{{Binary, string(make([]byte, 256))}}},
		{"\x88\x80\x00\x00\x00\x00\xff\xff", 1005, []Frame{{Close, ""}}},
		{"\x88\x82\x00\x00\x00\x00\x0b\xb8", 3000, []Frame{{Close, "\x0b\xb8"}}},
		{"\x81\x05Hello", 1002, nil},
		{"\x81\x84\x00\x00\x00\x00\xf0\x90", 0, nil},
		{"\x81\x84\x00\x00\x00\x00\xf0\x8f", 1007, nil},
		{"\x81\x81\x00\x00\x00\x00\xf0", 1007, nil},
		{"\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", 1009, nil},
	} {
		v := Small.Judge([]byte(tt.stream))
		if v.Code != tt.code || !slices.Equal(v.Frames, tt.frames) || v.Undecided {
			t.Errorf("%q: %+v", tt.stream, v)
		}
	}
	for _, begun := range []string{"\x81", "\x81\x85\x00\x00\x00", "\x82\xfe\x00", "\x82\xff\xff"} {
		if v := Small.Judge([]byte(begun)); !v.Undecided {
			t.Errorf("%q: %+v", begun, v)
		}
	}
}

func TestMayBecomeUTF8(t *testing.T) {
	for _, s := range []string{"", "a", "\xc2", "€", "€\xe2", "\xe2\x82", "\xf0\x90\x80", "\xed\x9f", "\xf4\x8f"} {
		if !mayBecomeUTF8([]byte(s)) {
			t.Errorf("%q can become UTF-8", s)
		}
	}
	s := newSource(1)
	for range 10_000 {
		if b := s.notUTF8(); mayBecomeUTF8(append(s.text(s.upTo(5)), b...)) {
			t.Fatalf("%q cannot become UTF-8", b)
		}
	}
}
