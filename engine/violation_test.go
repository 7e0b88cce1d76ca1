package engine_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// However a peer breaks the protocol, it learns why: it reads our Close frame
// and the end of the stream, though it goes on sending meanwhile.
func TestViolations(t *testing.T) {
	t.Parallel()
	const limit = 1000
	more := pattern(1 << 20)
	tests := []struct {
		name, sent string
		want       *codec.Error
	}{
		{"unmasked", "\x81\x05hello", codec.ErrMaskRequired},
		{"RSV1", "\xc1\x80", codec.ErrReservedBits},
		{"RSV2", "\xa1\x80", codec.ErrReservedBits},
		{"RSV3 on a control frame", "\x99\x80", codec.ErrReservedBits},
		{"reserved data opcode", "\x83\x80", codec.ErrReservedOpcode},
		{"reserved control opcode", "\x8b\x80", codec.ErrReservedOpcode},
		{"5 bytes as 16 bits", "\x82\xfe\x00\x05", codec.ErrLengthNotMinimal},
		{"65535 bytes as 64 bits", "\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff", codec.ErrLengthNotMinimal},
		{"top bit of length", "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00", codec.ErrLengthTopBit},
		{"nothing to continue", fragment(codec.Continuation, true, "x"), codec.ErrUnexpectedContinuation},
		{"message in a message", fragment(codec.Text, false, "x") + text("y"), codec.ErrExpectedContinuation},
		{"long ping", "\x89\xfe\x00\x7e", codec.ErrControlTooLong},
		{"fragmented ping", "\x09\x80", codec.ErrControlFragmented},
		{"invalid text", text("\xff"), codec.ErrInvalidUTF8},
		{"text that ends within a code point", text("\xe2\x82"), codec.ErrInvalidUTF8},
		{"invalid before the text's end", fragment(codec.Text, false, "ok \xc0 and more")[:10], codec.ErrInvalidUTF8},
		{"invalid across fragments", fragment(codec.Text, false, "\xe2") + fragment(codec.Continuation, false, "x"), codec.ErrInvalidUTF8},
		{"one byte over the limit", frame(codec.Binary, pattern(limit+1)), codec.ErrMessageTooBig},
		{"one byte over in fragments", fragment(codec.Binary, false, pattern(limit)) + fragment(codec.Continuation, true, "x"), codec.ErrMessageTooBig},
		{"2^62 bytes declared", "\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00", codec.ErrMessageTooBig},
		{"four fragments", fragment(codec.Text, false, "") + fragment(0, false, "") + fragment(0, false, "") + fragment(0, true, ""), codec.ErrTooManyFragments},
		{"close payload of one byte", frame(codec.Close, "\x03"), codec.ErrCloseLength},
		{"close code 1005", closing(1006, ""), codec.ErrCloseCode},
		{"close code 999", closing(999, ""), codec.ErrCloseCode},
		{"close code 1016", closing(1016, ""), codec.ErrCloseCode},
		{"close code 5000", closing(5000, ""), codec.ErrCloseCode},
		{"close reason not UTF-8", closing(1000, "\xff"), codec.ErrCloseReason},
	}
	r := record(echoing)
	s := serve(t, r, engine.Options{MaxMessage: limit, MaxFragments: 3})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := open(t, s)
			p.write(text("before") + test.sent)
			p.expect(codec.Text, "before")
			sent := make(chan error, 1)
			go func() { _, err := io.WriteString(p.Conn, more); sent <- err }()
			p.expectClose(test.want.Code, test.want.Reason)
			p.expectEOF()
			if err := receive(t, "1 MiB to be sent", sent); err != nil {
				t.Errorf("sending after the end: %v", err)
			}
			p.Close()
			got := r.end(t)
			if got.Code != test.want.Code || got.Remote || got.Clean || !errors.Is(got, test.want) {
				t.Errorf("OnClose got %#v", got)
			}
		})
	}
}

func TestLargestMessagePasses(t *testing.T) {
	t.Parallel()
	const limit = 1000
	p := open(t, serve(t, echoing, engine.Options{MaxMessage: limit, MaxFragments: 3}))
	p.write(frame(codec.Binary, pattern(limit)))
	p.expect(codec.Binary, pattern(limit))
	p.write(fragment(codec.Text, false, pattern(limit)) + fragment(0, false, "") + fragment(0, true, ""))
	p.expect(codec.Text, pattern(limit))
}

// A peer that never ends its own stream costs no more than CloseTimeout.
func TestLingeringEnds(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	p := open(t, serve(t, r, engine.Options{CloseTimeout: 50 * time.Millisecond}))
	p.write(text("\xff"))
	p.expectClose(codec.CloseInvalidPayload, codec.ErrInvalidUTF8.Reason)
	p.expectEOF()
	if got := r.end(t); !errors.Is(got, codec.ErrInvalidUTF8) {
		t.Errorf("OnClose got %v", got)
	}
}
