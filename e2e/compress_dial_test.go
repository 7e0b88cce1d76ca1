package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// ourCompression are the ways in which our client compresses.
var ourCompression = []struct {
	name string
	engine.Compression
}{
	{"alone", engine.Compression{MinSize: 1}},
	{"alone, window 9", engine.Compression{MinSize: 1, WindowBits: 9}},
	{"takeover", engine.Compression{MinSize: 1, ContextTakeover: true}},
	{"takeover, window 10", engine.Compression{MinSize: 1, ContextTakeover: true, WindowBits: 10}},
	{"takeover, no memory", engine.Compression{MinSize: 1, ContextTakeover: true, MaxContextMemory: 1}},
}

func TestDialCompress(t *testing.T) {
	for _, s := range foreignCompression {
		t.Run(s.name, func(t *testing.T) {
			url := s.start(t)
			for _, o := range ourCompression {
				test := testDialCompress
				if slices.Contains(s.wrong, o.name) {
					test = testDialWrongAnswer
				}
				t.Run(o.name, func(t *testing.T) { test(t, url, o.Compression) })
			}
		})
	}
}

func testDialCompress(t *testing.T, url string, o engine.Compression) {
	tap := startTap(t, url)
	d := dial(t, tap.url, engine.DialOptions{Compression: &o})
	exchange(t, func(m message) { d.echo(t, m) })
	sent, received := tap.take()
	_, answer := tap.handshake()
	if agreed := answer != ""; agreed != (sent.compressed > 0) || agreed != (received.compressed > 0) {
		t.Errorf("agreed on %q: %+v sent, %+v received", answer, sent, received)
	}
	messages := alike()
	for _, m := range messages {
		d.echo(t, m)
	}
	if sent, _ = tap.take(); answer != "" {
		takeover := !strings.Contains(answer, "client_no_context_takeover") && o.MaxContextMemory != 1
		sent.expectRatio(t, messages, takeover)
	}
}

// An answer that was not offered fails the connection, RFC 7692 section 7.1: a
// window that is too large could not be inflated.
func testDialWrongAnswer(t *testing.T, url string, o engine.Compression) {
	tap := startTap(t, url)
	d, err := tryDial(t, tap.url, engine.DialOptions{Compression: &o})
	offer, answer := tap.handshake()
	if wrong := (*handshake.ResponseError)(nil); !errors.As(err, &wrong) {
		t.Errorf("offered %q, answered %q: %v", offer, answer, err)
	}
	if err == nil {
		d.Abort()
	}
	t.Logf("offered %q, answered %q", offer, answer)
}

// What counts is the size once it is inflated.
func TestDialCompressTooBig(t *testing.T) {
	for _, s := range foreignCompression {
		t.Run(s.name, func(t *testing.T) {
			d := dial(t, s.start(t), engine.DialOptions{MaxMessage: 5000, Compression: &engine.Compression{MinSize: 1}})
			d.echo(t, message{true, document(5000, 1)})
			if err := d.SendText(string(document(5001, 1))); err != nil {
				t.Fatal(err)
			}
			if end := receive(t, d.closed); end.Code != codec.CloseMessageTooBig || end.Remote {
				t.Errorf("got %+v", end)
			}
		})
	}
}
