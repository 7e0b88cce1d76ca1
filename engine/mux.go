package engine

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/handshake"
)

// Mux chooses the handler and the options of a connection by the path that its
// client asks for. See [Options].Mux. The zero value has no routes.
//
// It matches as [http.ServeMux] does, by patterns like "/chat/{room}",
// "/files/{path...}", "/{$}" or "example.org/chat": the most specific one wins.
// Handshakes are GET requests; a pattern for another method never opens.
//
// A path that no pattern matches is answered with 404, or, if one would for
// another method, with 405 and Allow. One that lacks a slash at its end, or is
// not clean, is answered with a redirect: browsers do not follow it for a
// WebSocket, so that it tells developers, rather than their users, where to go.
type Mux struct {
	mux    http.ServeMux
	routes []*Route
}

// NewMux makes a Mux without routes.
func NewMux() *Mux { return new(Mux) }

// Handle adds a route, before the Mux is given to [NewServer]. Like
// [http.ServeMux.Handle] it panics if the pattern is malformed, or in conflict
// with another.
func (m *Mux) Handle(pattern string, r Route) {
	i, names := len(m.routes), wildcards(pattern)
	m.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		found := w.(*match)
		found.route = i
		for _, name := range names {
			found.request.SetPathValue(name, r.PathValue(name))
		}
	})
	m.routes = append(m.routes, &r)
}

// wildcards gives the names of those in a pattern that is valid.
func wildcards(pattern string) (names []string) {
	for {
		_, rest, ok := strings.Cut(pattern, "{")
		if !ok {
			return names
		}
		name, after, _ := strings.Cut(rest, "}")
		if name = strings.TrimSuffix(name, "..."); name != "$" {
			names = append(names, name)
		}
		pattern = after
	}
}

// Route is what a [Mux] has for a pattern. Its options are those of [Options]
// that concern one connection. Where a field is zero, the server's counts; of
// those that go together, a route has all of its own or none.
type Route struct {
	// Handler is that of the route's connections. Default: the server's.
	Handler Handler

	// Upgrade is called in place of Options.Upgrade and UpgradeConn. The request
	// has the values of the pattern's wildcards: [handshake.Request.PathValue].
	// They last as long as the request: what the handler needs of them goes to
	// Accept.Data.
	Upgrade func(r *handshake.Request) (Accept, error)

	// UpgradeConn, if not nil, is called instead of Upgrade and in the same way,
	// and has the connection as well, as Options.UpgradeConn has.
	UpgradeConn func(c *Conn, r *handshake.Request) (Accept, error)

	// CheckOrigin is called in place of Options.CheckOrigin.
	CheckOrigin func(r *handshake.Request) bool

	// Subprotocols, if not nil, are those the route speaks, and
	// AllowNoSubprotocol counts with them.
	Subprotocols       []string
	AllowNoSubprotocol bool

	// MaxMessage and MaxFragments limit a message.
	MaxMessage   int
	MaxFragments int

	// MaxMessageRate and MaxByteRate, of which negative values mean any, limit
	// what comes in a second. If one is set, both and RatePolicy are the
	// route's.
	MaxMessageRate int
	MaxByteRate    int
	RatePolicy     RatePolicy

	// MaxBuffered limits what is unsent. If it or SendPolicy is set,
	// SendPolicy is the route's.
	MaxBuffered int
	SendPolicy  SendPolicy

	// Compression, if not nil, is the route's, with a MaxContextMemory of its
	// own. A route that wants none has an Upgrade that sets
	// Accept.NoCompression.
	Compression *Compression

	// IdleTimeout, WriteTimeout and CloseTimeout are as in Options, which says
	// what negative values mean.
	IdleTimeout  time.Duration
	WriteTimeout time.Duration
	CloseTimeout time.Duration
}

// match is a request on its way through an [http.ServeMux]: its ResponseWriter,
// that keeps what the ServeMux itself answers.
type match struct {
	request *handshake.Request
	route   int // -1: none
	refusal handshake.Rejection
}

func (m *match) Header() http.Header               { return m.refusal.Header }
func (m *match) WriteHeader(status int)            { m.refusal.Status = status }
func (m *match) Write(p []byte) (n int, err error) { return len(p), nil }

// find gives the place of the route that r asks for, or a *handshake.Rejection.
func (m *Mux) find(r *handshake.Request) (route int, err error) {
	u, err := url.ParseRequestURI(r.Target())
	if err != nil {
		return -1, handshake.Reject(http.StatusBadRequest, "malformed request target\n")
	}
	found := &match{request: r, route: -1, refusal: handshake.Rejection{Header: http.Header{}}}
	m.mux.ServeHTTP(found, &http.Request{Method: r.Method(), URL: u, Host: r.Host(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1})
	if found.route < 0 {
		found.refusal.Text = refusalText(&found.refusal)
		return -1, &found.refusal
	}
	return found.route, nil
}

// refusalText says in plain text what an [http.ServeMux] answers.
func refusalText(r *handshake.Rejection) string {
	switch r.Status {
	case http.StatusNotFound:
		return "no WebSocket at this path\n"
	case http.StatusMethodNotAllowed:
		return "no WebSocket at this path, but for the method " + r.Header.Get("Allow") + "\n"
	}
	return cmp.Or(r.Header.Get("Location"), http.StatusText(r.Status)) + "\n"
}
