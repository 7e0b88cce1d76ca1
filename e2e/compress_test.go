package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/lxzan/gws"
)

type dialFunc = func(ctx context.Context, url string, o dialOptions) (client, *http.Response, error)

// compressing are clients that offer compression, in each way they know.
var compressing = []library{
	{"gorilla", func(ctx context.Context, url string, o dialOptions) (client, *http.Response, error) {
		o.compression = true
		return dialGorilla(ctx, url, o)
	}},
	{"coder takeover", compressingCoder(websocket.CompressionContextTakeover)},
	{"coder alone", compressingCoder(websocket.CompressionNoContextTakeover)},
	{"gws alone", dialGWS(gws.PermessageDeflate{Enabled: true, Threshold: 1})},
	{"gws alone, windows", dialGWS(gws.PermessageDeflate{Enabled: true, Threshold: 1, ServerMaxWindowBits: 9, ClientMaxWindowBits: 10})},
	{"gws takeover", dialGWS(gws.PermessageDeflate{Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true})},
	{"gws takeover of the server", dialGWS(gws.PermessageDeflate{Enabled: true, ServerContextTakeover: true})},
	{"gws takeover of the client", dialGWS(gws.PermessageDeflate{Enabled: true, ClientContextTakeover: true})},
	{"gws takeover, windows", dialGWS(gws.PermessageDeflate{
		Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true, ServerMaxWindowBits: 10, ClientMaxWindowBits: 9,
	})},
}

func compressingCoder(mode websocket.CompressionMode) dialFunc {
	return func(ctx context.Context, url string, o dialOptions) (client, *http.Response, error) {
		return dialCoderWith(ctx, url, mode, o)
	}
}

const (
	alone        = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	serverWindow = "; server_max_window_bits="
	clientWindow = "; client_max_window_bits="
)

// compressModes are ways to run the echo server, and what it answers to the
// clients above: to most of them the same.
var compressModes = []struct {
	name, flags string
	usual       string
	special     map[string]string
}{
	{"alone", "-compress -compress-min 1", alone, map[string]string{
		"gws alone, windows":    alone + serverWindow + "9",
		"gws takeover, windows": alone + serverWindow + "10",
	}},
	{"alone, window 9", "-compress -compress-min 1 -compress-window 9", alone + serverWindow + "9", nil},
	{"takeover", "-compress=takeover -compress-min 1", alone, map[string]string{
		"coder takeover":             "permessage-deflate",
		"gws alone, windows":         alone + serverWindow + "9",
		"gws takeover":               "permessage-deflate",
		"gws takeover of the server": "permessage-deflate; client_no_context_takeover",
		"gws takeover of the client": "permessage-deflate; server_no_context_takeover",
		"gws takeover, windows":      "permessage-deflate" + serverWindow + "10" + clientWindow + "9",
	}},
	{"takeover, window 10", "-compress=takeover -compress-min 1 -compress-window 10", alone + serverWindow + "10", map[string]string{
		// coder cannot limit its window, so it may not keep it.
		"coder takeover":             "permessage-deflate; client_no_context_takeover" + serverWindow + "10",
		"gws takeover of the server": "permessage-deflate; client_no_context_takeover" + serverWindow + "10",
		"gws alone, windows":         alone + serverWindow + "9",
		"gws takeover":               "permessage-deflate" + serverWindow + "10" + clientWindow + "10",
		"gws takeover of the client": "permessage-deflate; server_no_context_takeover" + serverWindow + "10" + clientWindow + "10",
		"gws takeover, windows":      "permessage-deflate" + serverWindow + "10" + clientWindow + "9",
	}},
	{"takeover, no memory", "-compress=takeover -compress-min 1 -compress-memory 1", alone, map[string]string{
		"gws alone, windows":    alone + serverWindow + "9",
		"gws takeover, windows": alone + serverWindow + "10",
	}},
}

func TestCompress(t *testing.T) {
	for _, mode := range compressModes {
		t.Run(mode.name, func(t *testing.T) {
			srv := startEcho(t, strings.Fields(mode.flags)...)
			for _, lib := range compressing {
				answer, ok := mode.special[lib.name]
				if !ok {
					answer = mode.usual
				}
				t.Run(lib.name, func(t *testing.T) { testCompress(t, srv, lib, answer) })
			}
		})
	}
}

func testCompress(t *testing.T, srv *server, lib library, answer string) {
	tap := startTap(t, srv.url)
	c := lib.open(t, tap.url, dialOptions{})
	if offer, got := tap.handshake(); got != answer {
		t.Errorf("to %q the server answered %q, want %q", offer, got, answer)
	}
	exchange(t, func(m message) { echo(t, c, m) })
	sent, received := tap.take()
	if sent.compressed == 0 || received.compressed == 0 {
		t.Errorf("not compressed: %+v sent, %+v received", sent, received)
	}
	messages := alike()
	for _, m := range messages {
		echo(t, c, m)
	}
	_, received = tap.take()
	received.expectRatio(t, messages, !strings.Contains(answer, "server_no_context_takeover"))
	if err := c.close(1000, ""); err != nil {
		t.Error(err)
	}
}

// expectRatio demands that messages that are alike went compressed: to about a
// half of their size when each is alone, to a quarter after those before.
func (f traffic) expectRatio(t *testing.T, messages []message, takeover bool) {
	t.Helper()
	least, most := 1./3, 2./3
	if takeover {
		least, most = 0, 1./3
	}
	ratio := float64(f.bytes) / float64(totalBytes(messages))
	if f.messages != len(messages) || f.compressed != len(messages) || ratio < least || ratio > most {
		t.Errorf("%d messages were compressed to %.2f: %+v", len(messages), ratio, f)
	}
}

// Below the least size messages go as they are, on a connection that has agreed
// to compress.
func TestCompressMinSize(t *testing.T) {
	srv := startEcho(t, "-compress=takeover", "-compress-min", "1000")
	for _, lib := range compressing {
		t.Run(lib.name, func(t *testing.T) {
			tap := startTap(t, srv.url)
			c := lib.open(t, tap.url, dialOptions{})
			for _, size := range []int{999, 1000, 999, 1000} { // the client must know which it has to refer to
				echo(t, c, message{true, document(size, 1)})
				_, received := tap.take()
				if want := size / 1000; received.compressed != want {
					t.Errorf("%d of %d bytes was compressed, want %d", received.compressed, size, want)
				}
			}
		})
	}
}

func TestCompressFragments(t *testing.T) {
	for _, flags := range []string{"-compress", "-compress=takeover"} {
		srv := startEcho(t, flags, "-compress-min", "1")
		for _, lib := range compressing {
			t.Run(flags+" "+lib.name, func(t *testing.T) {
				tap := startTap(t, srv.url)
				c := lib.open(t, tap.url, dialOptions{frame: 1000})
				for seed := range uint64(3) {
					echo(t, c, message{true, document(1<<20, seed)})
					echo(t, c, message{false, random(300_000, seed)})
				}
				if sent, _ := tap.take(); sent.frames < 2*sent.messages || sent.compressed < sent.messages/2 {
					t.Errorf("sent %+v: not compressed and fragmented", sent)
				}
			})
		}
	}
}

func TestCompressPingWithin(t *testing.T) {
	srv := startEcho(t, "-compress=takeover")
	for _, lib := range compressing[:3] { // gws sends no messages in parts
		t.Run(lib.name, func(t *testing.T) {
			c := lib.open(t, srv.url, dialOptions{frame: 1000})
			for seed := range uint64(3) {
				m := message{true, document(100_000, seed)}
				if got, err := c.pingWithin(m); err != nil || !got.equal(m) {
					t.Fatalf("got %v, %v, want %v", got, err, m)
				}
			}
		})
	}
}

// What counts is the size once it is inflated.
func TestCompressTooBig(t *testing.T) {
	srv := startEcho(t, "-compress=takeover", "-max-message", "5000")
	for _, lib := range compressing {
		t.Run(lib.name, func(t *testing.T) {
			tap := startTap(t, srv.url)
			c := lib.open(t, tap.url, dialOptions{})
			echo(t, c, message{true, document(5000, 1)})
			tap.take()
			if err := c.write(message{true, document(5001, 1)}); err != nil {
				t.Fatal(err)
			}
			expectClosed(t, c, 1009)
			if sent, _ := tap.take(); sent.bytes >= 5000 {
				t.Errorf("sent %+v: not compressed", sent)
			}
		})
	}
}

// A message to all is right for each, whatever was agreed with it, amid others.
func TestCompressBroadcast(t *testing.T) {
	for _, flags := range []string{"-compress", "-compress=takeover"} {
		t.Run(flags, func(t *testing.T) {
			srv := startEcho(t, flags, "-compress-min", "1")
			clients := []client{libraries[0].open(t, srv.url+"/broadcast", dialOptions{})} // not compressed
			for _, lib := range compressing {
				clients = append(clients, lib.open(t, srv.url, dialOptions{}))
			}
			for i, size := range []int{0, 1, 200, 200, 70_000, 200, 1 << 20, 200} {
				for _, c := range clients[1:] {
					echo(t, c, message{true, document(300+i, 7)}) // is in the contexts as well
				}
				m := message{true, document(size, uint64(i))}
				if err := clients[0].write(m); err != nil {
					t.Fatal(err)
				}
				for _, c := range clients {
					expect(t, c, m)
				}
			}
		})
	}
}
