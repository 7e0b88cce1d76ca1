package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"
)

// message is a whole message.
type message struct {
	text bool
	data []byte
}

func (m message) equal(n message) bool { return m.text == n.text && bytes.Equal(m.data, n.data) }

func (m message) String() string {
	kind := "binary"
	if m.text {
		kind = "text"
	}
	return fmt.Sprintf("%s %d", kind, len(m.data))
}

// closed is the error of a client's read when the peer closed.
type closed struct {
	code   int
	reason string
}

func (c closed) Error() string { return fmt.Sprintf("closed with %d %q", c.code, c.reason) }

// client is somebody else's WebSocket client, reduced to what the tests need.
// All of it fails once the tests' patience is over.
type client interface {
	write(m message) error
	read() (message, error)

	// pingWithin sends the first half of m, then a ping, waits for the pong,
	// sends the rest and returns the answer.
	pingWithin(m message) (message, error)

	// close sends a Close frame, and fails unless the peer answers with the
	// same code and the connection then ends. Code 1005 sends an empty one.
	close(code int, reason string) error

	subprotocol() string
	cut()
}

type dialOptions struct {
	subprotocols []string
	origin       string
	forwardedFor string // what to claim in X-Forwarded-For
	from         string // the address to connect from; "": the system's choice
	compression  bool   // offer permessage-deflate
	frame        int    // send messages in frames of about so many bytes; 0: in one
	tls          *tls.Config
	life         time.Duration // after which everything fails; 0: patience
}

func (o dialOptions) header() http.Header {
	h := http.Header{}
	if o.origin != "" {
		h.Set("Origin", o.origin)
	}
	if o.forwardedFor != "" {
		h.Set("X-Forwarded-For", o.forwardedFor)
	}
	return h
}

// dialer connects from the address that the options say.
func (o dialOptions) dialer() *net.Dialer {
	d := new(net.Dialer)
	if o.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(o.from)}
	}
	return d
}

type library struct {
	name string
	dial func(ctx context.Context, url string, o dialOptions) (client, *http.Response, error)
}

var libraries = []library{{"gorilla", dialGorilla}, {"coder", dialCoder}}

// withEach runs test as a subtest with each library.
func withEach(t *testing.T, test func(t *testing.T, lib library)) {
	for _, lib := range libraries {
		t.Run(lib.name, func(t *testing.T) { test(t, lib) })
	}
}

// open dials, and cuts the connection when the test ends.
func (lib library) open(t *testing.T, url string, o dialOptions) client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := lib.dial(ctx, url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.cut)
	return c
}

// echo sends m and demands it back.
func echo(t *testing.T, c client, m message) {
	t.Helper()
	if err := c.write(m); err != nil {
		t.Fatal(err)
	}
	expect(t, c, m)
}

func expect(t *testing.T, c client, want message) {
	t.Helper()
	got, err := c.read()
	if err != nil {
		t.Fatalf("want %v: %v", want, err)
	}
	if !got.equal(want) {
		t.Fatalf("got %v, want %v: %.40q for %.40q", got, want, got.data, want.data)
	}
}

// expectClosed reads the peer's Close, which must have the code.
func expectClosed(t *testing.T, c client, code int) {
	t.Helper()
	m, err := c.read()
	if got, ok := err.(closed); !ok || got.code != code {
		t.Fatalf("got %v, %v; want a Close with %d", m, err, code)
	}
}
