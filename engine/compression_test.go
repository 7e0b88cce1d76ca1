package engine_test

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// The offer that browsers make.
const browserOffer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"

// deflate compresses as RFC 7692 section 7.2.1 says, by the standard library.
func deflate(p string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	io.WriteString(w, p)
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// inflate is its inverse.
func inflate(t testing.TB, p []byte) string {
	t.Helper()
	r := flate.NewReader(io.MultiReader(bytes.NewReader(p), strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")))
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("inflating %d bytes: %v", len(p), err)
	}
	return string(got)
}

// compressed is a client's whole message, compressed.
func compressed(op codec.Opcode, p string) string { return marked(frame(op, deflate(p))) }

// marked sets RSV1 in a frame.
func marked(frame string) string { return string([]byte{frame[0] | 0x40}) + frame[1:] }

// agree opens a connection with compression, and gives what the server has
// answered to the offer.
func agree(t testing.TB, s *running, offer string) (p *peer, answer string) {
	t.Helper()
	p = connect(t, s.addr)
	p.write(requestWith(offer))
	for line := range strings.Lines(p.upgraded()) {
		if value, ok := strings.CutPrefix(line, "Sec-WebSocket-Extensions: "); ok {
			answer = strings.TrimSpace(value)
		}
	}
	if answer != "" {
		p.decoder.Reset(&codec.Config{Role: codec.Client, MaxMessage: 64 << 20, Deflate: true})
	}
	return p, answer
}

// rawFrame reads one frame, as it is on the wire.
func (p *peer) rawFrame() (h codec.Header, payload []byte) {
	p.t.Helper()
	var got []byte
	for {
		got = append(got, p.rest...)
		p.rest = nil
		if h, n, ok := parseHeader(got); ok && len(got) >= n+int(h.Length) {
			p.rest = got[n+int(h.Length):]
			return h, got[n : n+int(h.Length)]
		}
		if err := p.more(); err != nil {
			p.t.Fatal(err)
		}
	}
}

// parseHeader reads a server's header.
func parseHeader(b []byte) (h codec.Header, n int, ok bool) {
	h, n, err := codec.ParseHeader(b)
	return h, n, n > 0 && err == nil
}

func TestCompressionAgreed(t *testing.T) {
	t.Parallel()
	const nothingKept = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	tests := []struct{ name, offer, want string }{
		{"none", "X-Nothing: here", ""},
		{"browsers'", browserOffer, nothingKept},
		{"plain", "Sec-WebSocket-Extensions: permessage-deflate", nothingKept},
		{"small window", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9", nothingKept + "; server_max_window_bits=9"},
		{"the first is nonsense", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7, permessage-deflate", nothingKept},
		{"another extension", "Sec-WebSocket-Extensions: x-webkit-deflate-frame", ""},
	}
	s := serve(t, echoing, engine.Options{Compression: &engine.Compression{MinSize: 1}})
	off := serve(t, echoing, engine.Options{})
	for _, test := range tests {
		p, answer := agree(t, s, test.offer)
		if answer != test.want {
			t.Errorf("%s: answered %q, want %q", test.name, answer, test.want)
		}
		p.write(text("hello, hello, hello"))
		p.expect(codec.Text, "hello, hello, hello")
		if _, answer := agree(t, off, test.offer); answer != "" {
			t.Errorf("%s: without Options.Compression, answered %q", test.name, answer)
		}
	}
}

// What is sent compressed is what the standard library reads, and smaller.
func TestRepliesAreCompressed(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Compression: &engine.Compression{MinSize: 100}})
	p, _ := agree(t, s, browserOffer)
	tests := []struct {
		name, message string
		rsv           byte
	}{
		{"below MinSize", strings.Repeat("x", 99), 0},
		{"from MinSize on", strings.Repeat("x", 100), 4},
		{"does not become smaller", noise(200), 0},
		{"long", pattern(60_000), 4},
	}
	for _, test := range tests {
		p.write(compressed(codec.Binary, test.message))
		h, payload := p.rawFrame()
		if h.OpCode != codec.Binary || !h.Fin || h.Rsv != test.rsv {
			t.Errorf("%s: header %+v, want RSV %d", test.name, h, test.rsv)
		}
		got := string(payload)
		if h.Rsv != 0 {
			got = inflate(t, payload)
		}
		if got != test.message || len(payload) > len(test.message) {
			t.Errorf("%s: %d bytes came back in %d, want %d", test.name, len(got), len(payload), len(test.message))
		}
	}
}

// noise gives n bytes that cannot be compressed, and are always the same.
func noise(n int) string {
	b, x := make([]byte, n), uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x >> 32)
	}
	return string(b)
}

func TestEchoCompressed(t *testing.T) {
	for name, o := range map[string]engine.Options{
		"on the loop":      {Compression: &engine.Compression{MinSize: 1}},
		"on workers":       {Compression: &engine.Compression{MinSize: 1}, Workers: 2},
		"context takeover": {Compression: &engine.Compression{MinSize: 1, ContextTakeover: true, WindowBits: 10}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, echoing, o)
			to := make(chan string, 1)
			c := dial(t, s, messages(to), engine.DialOptions{Compression: o.Compression, MaxMessage: 8 << 20})
			for _, size := range append(payloadSizes, 65537, 200_000) {
				for _, message := range []string{pattern(size), noise(size)} {
					if err := c.Send(codec.Binary, []byte(message)); err != nil {
						t.Fatal(err)
					}
					if got := receive(t, "a message", to); got != message {
						t.Errorf("%d bytes came back as %d", len(message), len(got))
					}
				}
			}
		})
	}
}

func TestCompressionViolations(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{MaxMessage: 10_000, Compression: &engine.Compression{}})
	tests := []struct {
		name, bytes string
		want        codec.CloseCode
	}{
		{"bad data", marked(frame(codec.Text, "\xff\xff\xff")), codec.CloseInvalidPayload},
		{"truncated", marked(frame(codec.Text, deflate(pattern(500))[:100])), codec.CloseInvalidPayload},
		{"not UTF-8", compressed(codec.Text, "\xff"), codec.CloseInvalidPayload},
		{"RSV1 on a ping", marked(frame(codec.Ping, "")), codec.CloseProtocolError},
		{"RSV1 on a continuation", fragment(codec.Text, false, "x") + marked(fragment(codec.Continuation, true, "x")), codec.CloseProtocolError},
		{"a bomb", compressed(codec.Binary, strings.Repeat("\x00", 1<<20)), codec.CloseMessageTooBig},
		{"a byte too much", compressed(codec.Binary, pattern(10_001)), codec.CloseMessageTooBig},
	}
	for _, test := range tests {
		p, _ := agree(t, s, browserOffer)
		p.write(compressed(codec.Binary, pattern(10_000)))
		p.expect(codec.Binary, pattern(10_000))
		p.write(test.bytes)
		op, payload := p.next()
		if code, _, _ := codec.ParseClosePayload(payload); op != codec.Close || code != test.want {
			t.Errorf("%s: opcode %d, code %d; want a Close frame with %d", test.name, op, code, test.want)
		}
	}
	p := open(t, s)
	p.write(compressed(codec.Text, "not agreed on"))
	p.expectClose(codec.CloseProtocolError, codec.ErrReservedBits.Reason)
}

// Upgrade may decline for a connection.
func TestNoCompression(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{Compression: &engine.Compression{}, Upgrade: func(*handshake.Request) (engine.Accept, error) {
		return engine.Accept{NoCompression: true}, nil
	}})
	if _, answer := agree(t, s, browserOffer); answer != "" {
		t.Errorf("answered %q", answer)
	}
}

// Of one read that inflates to many megabytes, a connection's neighbours need
// not wait for all.
func TestBombsDoNotStall(t *testing.T) {
	t.Parallel()
	const bombs = 24
	handled := new(atomic.Int64)
	s := serve(t, engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		if len(p) == 1<<20 {
			handled.Add(1)
			return
		}
		c.Send(op, p)
	}}, engine.Options{Loops: 1, Compression: &engine.Compression{}})
	neighbour := open(t, s)
	attacker, _ := agree(t, s, browserOffer)
	attacker.write(strings.Repeat(compressed(codec.Binary, strings.Repeat("\x00", 1<<20)), bombs))
	echoes := 0
	for ; handled.Load() < bombs; echoes++ {
		neighbour.write(text("quick"))
		neighbour.expect(codec.Text, "quick")
	}
	if echoes < 5 {
		t.Errorf("the neighbour had %d echoes while %d MiB were inflated", echoes, bombs)
	}
	attacker.write(text("still there"))
	attacker.expect(codec.Text, "still there")
}
