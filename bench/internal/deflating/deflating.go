// Package deflating names the ways in which the compared servers compress
// messages, permessage-deflate of RFC 7692, and how their client asks for each.
package deflating

import (
	"fmt"
	"strings"
)

// Way is how messages are compressed. The empty one is: not at all.
type Way string

// The ways to compress.
const (
	Alone      Way = "alone"       // each message on its own
	Takeover   Way = "takeover"    // by those before as well, with windows of 32 KiB
	TakeoverKB Way = "takeover 10" // likewise, with windows of 1 KiB
)

// Parse reads a way.
func Parse(s string) (Way, error) {
	switch w := Way(s); w {
	case "", Alone, Takeover, TakeoverKB:
		return w, nil
	}
	return "", fmt.Errorf("%q: want %s, %s or %q", s, Alone, Takeover, string(TakeoverKB))
}

// KeepsContext tells that messages refer to those before.
func (w Way) KeepsContext() bool { return w == Takeover || w == TakeoverKB }

// WindowBits is how far back messages refer, as a power of two.
func (w Way) WindowBits() int {
	if w == TakeoverKB {
		return 10
	}
	return 15
}

// Offer is what a client sends as Sec-WebSocket-Extensions.
func (w Way) Offer() string {
	const name = "permessage-deflate"
	switch w {
	case Alone:
		return name + "; server_no_context_takeover; client_no_context_takeover"
	case TakeoverKB:
		return name + "; server_max_window_bits=10; client_max_window_bits=10"
	}
	return name
}

// Check fails unless a server's answer to [Way.Offer] agrees to compress so: a
// server that keeps less than the others would be compared with them wrongly.
func (w Way) Check(answer string) error {
	if !strings.HasPrefix(answer, "permessage-deflate") ||
		w.KeepsContext() == strings.Contains(answer, "no_context_takeover") ||
		w == TakeoverKB && !strings.Contains(answer, "server_max_window_bits=10") {
		return fmt.Errorf("offered %q, answered %q", w.Offer(), answer)
	}
	return nil
}
