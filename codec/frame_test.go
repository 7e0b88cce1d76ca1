package codec

import (
	"slices"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

// The examples of RFC 6455 section 5.7.
func TestRFCExamples(t *testing.T) {
	for _, x := range []struct {
		name   string
		cfg    *Config
		stream string
		want   event
	}{
		{"unmasked text", client, "\x81\x05Hello", event{Text, "Hello"}},
		{"masked text", server, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", event{Text, "Hello"}},
		{"fragmented text", client, "\x01\x03Hel\x80\x02lo", event{Text, "Hello"}},
		{"ping", client, "\x89\x05Hello", event{Ping, "Hello"}},
		{"masked pong", server, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", event{Pong, "Hello"}},
		{"256 bytes", client, "\x82\x7E\x01\x00" + strings.Repeat("b", 256), event{Binary, strings.Repeat("b", 256)}},
		{"64 KiB", client, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("b", 65536), event{Binary, strings.Repeat("b", 65536)}},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := testStream(t, x.cfg, []byte(x.stream))
			if r.err != nil || !r.idle || !slices.Equal(r.events, []event{x.want}) {
				t.Fatal(r)
			}
		})
	}
}

func TestFragments(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		for _, x := range []struct {
			parts []string
			whole string
		}{
			{[]string{"", ""}, ""},
			{[]string{"", "", "", "a"}, "a"},
			{[]string{"a", "", "", ""}, "a"},
			{[]string{"Hel", "lo"}, "Hello"},
			{[]string{"\xF0", "\x9F", "", "\x98", "\x80"}, "😀"},
			{[]string{strings.Repeat("a", 300), strings.Repeat("é", 700), "end"}, strings.Repeat("a", 300) + strings.Repeat("é", 700) + "end"},
		} {
			for _, op := range []Opcode{Text, Binary} {
				r := testStream(t, cfg, withPings(cfg, op, x.parts))
				var messages []event
				for _, e := range r.events {
					if e.op != Ping {
						messages = append(messages, e)
					}
				}
				if r.err != nil || !r.idle || !slices.Equal(messages, []event{{op, x.whole}}) || len(r.events) != len(x.parts) {
					t.Fatalf("%.20q: %v", x.parts, r)
				}
			}
		}
	}
}

// withPings encodes a fragmented message with a Ping after each fragment but
// the last.
func withPings(cfg *Config, op Opcode, parts []string) []byte {
	var stream []byte
	for i, part := range parts {
		if i > 0 {
			stream = append(stream, fromPeer(cfg, Ping, "p€"+part[:min(len(part), 100)])...)
			op = Continuation
		}
		stream = append(stream, fragmentFromPeer(cfg, op, i == len(parts)-1, part)...)
	}
	return stream
}

func TestControlFrames(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		for _, op := range []Opcode{Ping, Pong} {
			for _, size := range []int{0, 1, 14, 15, 124, 125} {
				payload := strings.Repeat("\xFFping", 25)[:size]
				r := testStream(t, cfg, slices.Concat(fromPeer(cfg, op, payload), fromPeer(cfg, op, payload)))
				if want := []event{{op, payload}, {op, payload}}; r.err != nil || !r.idle || !slices.Equal(r.events, want) {
					t.Fatalf("%d bytes: %v", size, r)
				}
			}
		}
	}
}

// The limit itself is allowed, in one frame or in many.
func TestLimitsAreInclusive(t *testing.T) {
	cfg := &Config{Role: Client, MaxMessage: 200, MaxFragments: 4}
	for _, x := range []struct {
		name   string
		stream []byte
		want   error
	}{
		{"200 bytes", fromPeer(cfg, Binary, strings.Repeat("x", 200)), nil},
		{"201 bytes", fromPeer(cfg, Binary, strings.Repeat("x", 201)), ErrMessageTooBig},
		{"4 x 50 bytes", fragments(cfg, Binary, 4, 50), nil},
		{"4 x 51 bytes", fragments(cfg, Binary, 4, 51), ErrMessageTooBig},
		{"5 x 0 bytes", fragments(cfg, Binary, 5, 0), ErrTooManyFragments},
		{"4 x 0 bytes", fragments(cfg, Binary, 4, 0), nil},
		{"each message anew", slices.Concat(fragments(cfg, Text, 4, 50), fragments(cfg, Text, 4, 50)), nil},
	} {
		if r := testStream(t, cfg, x.stream); r.err != x.want {
			t.Errorf("%s: %v", x.name, r)
		}
	}
	// Control frames have a limit of their own.
	tiny := &Config{MaxMessage: 1}
	if r := testStream(t, tiny, fromPeer(tiny, Ping, strings.Repeat("x", 125))); r.err != nil {
		t.Error(r)
	}
	one := &Config{MaxFragments: 1}
	if r := testStream(t, one, fragments(one, Text, 2, 1)); r.err != ErrTooManyFragments {
		t.Error(r)
	}
	if r := testStream(t, one, fragments(one, Text, 1, 1)); r.err != nil {
		t.Error(r)
	}
}

// What is incomplete but no message's payload needs no buffer.
func TestHeadersAndControlFramesNeedNoBuffer(t *testing.T) {
	before := pool.Lent()
	stream := slices.Concat(
		fromPeer(server, Ping, strings.Repeat("p", 125)),
		fragmentFromPeer(server, Text, false, ""),
		fromPeer(server, Pong, strings.Repeat("p", 125)),
		fromPeer(server, Text, strings.Repeat("x", 70000))[:MaxHeaderSize],
	)
	d := NewDecoder(server)
	for _, c := range stream {
		d.Next([]byte{c})
		if pool.Lent() != before {
			t.Fatal("took a buffer")
		}
	}
}
