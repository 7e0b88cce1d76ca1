package codec

import (
	"bytes"
	"strings"
	"testing"
)

var testMask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// The examples of RFC 6455 section 5.7, and one of each kind of frame.
func TestAppend(t *testing.T) {
	hello := []byte("Hello")
	long := bytes.Repeat([]byte("p"), 200)
	masked := "\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"text", AppendFrame(nil, Text, hello), "\x81\x05Hello"},
		{"masked text", AppendMaskedFrame(nil, Text, hello, testMask), "\x81\x85" + masked},
		{"first fragment", AppendFragment(nil, Text, false, hello[:3]), "\x01\x03Hel"},
		{"last fragment", AppendFragment(nil, Continuation, true, hello[3:]), "\x80\x02lo"},
		{"masked fragment", AppendMaskedFragment(nil, Binary, false, hello, testMask), "\x02\x85" + masked},
		{"ping", AppendPing(nil, hello), "\x89\x05Hello"},
		{"masked ping", AppendMaskedPing(nil, hello, testMask), "\x89\x85" + masked},
		{"pong", AppendPong(nil, hello), "\x8a\x05Hello"},
		{"masked pong", AppendMaskedPong(nil, hello, testMask), "\x8a\x85" + masked},
		{"long ping", AppendPing(nil, long), "\x89\x7D" + string(long[:125])},
		{"long pong", AppendPong(nil, long), "\x8A\x7D" + string(long[:125])},
		{"close", AppendClose(nil, CloseNormal, "bye"), "\x88\x05\x03\xE8bye"},
		{"close without a code", AppendClose(nil, CloseNoStatus, ""), "\x88\x00"},
		{"long close", AppendClose(nil, CloseNormal, string(long)), "\x88\x7D\x03\xE8" + string(long[:123])},
		{"masked close", AppendMaskedClose(nil, CloseGoingAway, "", testMask), "\x88\x82\x37\xfa\x21\x3d\x34\x13"},
		{"256 bytes", AppendFrame(nil, Binary, make([]byte, 256)), "\x82\x7E\x01\x00" + strings.Repeat("\x00", 256)},
		{"64 KiB", AppendFrame(nil, Binary, make([]byte, 65536)), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("\x00", 65536)},
		{"empty", AppendFrame(nil, Binary, nil), "\x82\x00"},
		{"masked and empty", AppendMaskedFrame(nil, Binary, nil, testMask), "\x82\x80\x37\xfa\x21\x3d"},
		{"behind others", AppendMaskedFrame([]byte("before"), Text, hello, testMask), "before\x81\x85" + masked},
	} {
		if string(c.got) != c.want {
			t.Errorf("%s: %.40x, want %.40x", c.name, c.got, c.want)
		}
	}
	if string(hello) != "Hello" {
		t.Errorf("the caller's bytes became %q", hello)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	payload := bytes.Repeat([]byte("x"), 1000)
	reason := strings.Repeat("é", 100)
	b := make([]byte, 0, 5000)
	assertNoAllocs(t, func() {
		b = AppendFrame(b[:0], Text, payload)
		b = AppendMaskedFrame(b, Text, payload, testMask)
		b = AppendPing(b, payload)
		b = AppendMaskedPong(b, payload, testMask)
		b = AppendClose(b, CloseNormal, reason)
		b = AppendMaskedClose(b, CloseNormal, reason, testMask)
	})
}

// A frame into an empty slice takes one allocation, of about its size.
func TestAppendAllocatesOnce(t *testing.T) {
	if raceEnabled {
		return
	}
	payload := bytes.Repeat([]byte("x"), 1000)
	for name, f := range map[string]func(){
		"frame":  func() { AppendFrame(nil, Text, payload) },
		"masked": func() { AppendMaskedFrame(nil, Text, payload, testMask) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
