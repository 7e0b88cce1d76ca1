package engine

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/sockeye-ws/sockeye/handshake"
)

// Defaults of [Options] and [DialOptions].
const (
	DefaultHandshakeTimeout = 5 * time.Second
	DefaultMaxMessage       = 1 << 20
	DefaultMaxBuffered      = 1 << 20
	DefaultIdleTimeout      = 120 * time.Second
	DefaultWriteTimeout     = 30 * time.Second
	DefaultCloseTimeout     = 5 * time.Second
	DefaultMailbox          = 64
	DefaultMaxHTTPConns     = 1024
)

// Options configures a [Server]. The zero value is safe to expose to the
// internet: every limit is on. Where a negative value has no meaning of its
// own it stands for the default, as 0 does.
type Options struct {
	// Where handlers run.

	// Loops is the number of event loops, each one goroutine. Default: GOMAXPROCS.
	// More than that only adds switches.
	Loops int

	// Workers lets handlers block: those of the server's connections are called by
	// up to so many goroutines, and not on the loops. Take about as many as calls
	// may wait for something at the same time. Default: 0, they run on the loops
	// and must not block.
	//
	// A connection's calls still come one after the other, in order, and a payload
	// is valid until OnMessage returns. Pings and the peer's Close are answered at
	// once, without waiting for handlers; what came before a Close or the end of
	// the stream is still delivered. When all workers are busy connections wait,
	// each in turn. Goroutines that are not needed end after some seconds. A
	// connection for which nothing waits holds nothing.
	//
	// A message costs more than on a loop: a copy, and the way to another
	// goroutine. Danger: a handler that never returns keeps its worker for ever,
	// and as many of them as there are workers stop all others; give what they
	// wait for a deadline.
	Workers int

	// Mailbox is the limit of a connection's messages and pongs that wait for a
	// worker; 64 KiB of payload fill it as well. Nothing is read from a connection
	// while its mailbox is full: the peer has to wait, and is not taken for
	// silent. Default: 64. Without Workers it has no meaning.
	Mailbox int

	// Handshakes: who may connect, and to what.

	// Mux, if not nil, chooses by the path of the request: each of its routes has
	// a handler, hooks and limits of its own, and a path without a route is
	// refused. Default: nil, all paths lead to the server's handler.
	Mux *Mux

	// Upgrade is called for each valid request, before it is answered, on the
	// connection's loop, where it must not block, or by a worker, where it may,
	// for instance to look up a token. Meanwhile HandshakeTimeout runs on, and
	// nothing more is read; if the connection ends before Upgrade returns, what it
	// returns is dropped. It may choose the subprotocol, add response headers, and
	// set the connection's data and handler; or refuse with a
	// *[handshake.Rejection] (any other error, and a panic, is logged and answered
	// with 500). r is valid until Upgrade returns; the strings it gives may be
	// kept. Default: every valid request is accepted.
	Upgrade func(r *handshake.Request) (Accept, error)

	// UpgradeConn, if not nil, is called instead of Upgrade and in the same way,
	// and has the connection as well: its addresses, the client's behind
	// Proxies, and with TLS its [Conn.TLS]. Nothing can be sent on it yet.
	// Default: nil.
	UpgradeConn func(c *Conn, r *handshake.Request) (Accept, error)

	// CheckOrigin decides whether a page of the request's Origin may connect; if
	// not, the answer is 403. Default: [handshake.SameOrigin], which also allows
	// requests without an Origin, as they do not come from a browser. Danger:
	// accepting every origin lets any web page act with its visitors' cookies.
	// Danger: behind a proxy that rewrites Host, the same origin is not
	// recognised; name yours with [handshake.AllowOrigins]. It must not block.
	CheckOrigin func(r *handshake.Request) bool

	// Subprotocols are those the server speaks, best first. If any are named and
	// the client offers only others, the handshake fails with 400, as a browser
	// would fail it anyway. Default: none.
	Subprotocols []string

	// AllowNoSubprotocol accepts a client that offers only subprotocols the server
	// does not name, without one. Danger: browsers then report an error.
	AllowNoSubprotocol bool

	// MaxHead is the limit of a request's head in bytes (default 8 KiB), and
	// MaxHeaders of its header lines (default 64). Beyond: 414 or 431.
	MaxHead    int
	MaxHeaders int

	// HandshakeTimeout is the time from accept to the 101 answer, that for TLS and
	// a PROXY protocol header included, whatever the peer sends meanwhile.
	// Default: 5 s. Negative: none; danger: anyone can then hold descriptors with
	// half a request.
	HandshakeTimeout time.Duration

	// Ordinary requests on the same port.

	// HTTP, if not nil, answers the requests that are no WebSocket handshakes, on
	// the same port: a page, a health check. It is called as by any net/http
	// server, on goroutines of its own, and may block. A connection whose first
	// request is such a one leaves its loop, once the request's head has come
	// within MaxHead and HandshakeTimeout. It stays within the limits of
	// connections, and may send further requests; one for a WebSocket comes back
	// to a loop. IdleTimeout is the time for a request, that for its answer, and
	// that between requests; a handler that needs longer says so with
	// [http.ResponseController]. With TLS it is the same, over HTTP/1.1. Default:
	// nil, they are refused.
	HTTP http.Handler

	// MaxHTTPConns is the limit of connections that are with HTTP at a time, as
	// each takes a goroutine and buffers: beyond, requests are answered with 503.
	// Default: 1,024.
	MaxHTTPConns int

	// TLS.

	// TLSConfig is what ServeTLS and ListenAndServeTLS begin with; they work
	// with a copy, whose NextProtos have "http/1.1" and not "h2". GetCertificate
	// replaces certificates while the server runs, GetConfigForClient anything.
	// Its functions run on the goroutines of handshakes, of which there are
	// TLSHandshakes, and may block; while they do, another handshake may have to
	// wait. [tls.ClientHelloInfo.Context] ends with the connection: at
	// HandshakeTimeout, or when the peer resets it. Danger: a function that waits on
	// for longer keeps its goroutine, and if all do, every handshake waits until
	// HandshakeTimeout ends it. Default: what package crypto/tls has: TLS 1.2
	// and 1.3, and session tickets.
	TLSConfig *tls.Config

	// TLSHandshakes is the limit of goroutines that do the costly part of TLS
	// handshakes. Further handshakes wait, each in turn. Default: GOMAXPROCS.
	TLSHandshakes int

	// How many connections, and whose.

	// MaxConns is the limit of the server's connections, handshakes under way
	// included: beyond, requests are answered with 503. Connections that are still
	// to begin TLS, and those that come while 1,024 wait for such an answer, are
	// ended at once: see [Stats].Shed. With Workers a connection counts until its
	// OnClose has returned. Default: none but the descriptors. Danger: with
	// Workers that are slow, peers that come and go without end then leave calls
	// of OnClose behind.
	MaxConns int

	// MaxConnsPerAddr is the limit of connections from one IP address, and
	// MaxConnRatePerAddr of those that it begins within a second: beyond, requests
	// are answered with 429. Of IPv6 a network of 64 bits counts as one address.
	// Default: none. Danger: behind a proxy all share its address, unless Proxies
	// names it; so do many users of one company or carrier.
	MaxConnsPerAddr    int
	MaxConnRatePerAddr int

	// Proxies, if not nil, names the proxies that are believed about where
	// connections come from: for [Conn.RemoteAddr], and for the limits of an
	// address. Default: nil, all come from where their sockets say.
	Proxies *Proxies

	// What a connection receives.

	// MaxMessage is the limit of one message in bytes, after reassembly and
	// inflating; a larger one closes the connection with 1009. Default: 1 MiB.
	// Danger: a peer can make the server hold that much memory for each connection.
	MaxMessage int

	// MaxFragments is the limit of the frames that make up one message; beyond,
	// the connection is closed with 1008. Default: 65,536.
	MaxFragments int

	// MaxMessageRate is how many messages, control frames included, and
	// MaxByteRate how many bytes a connection may send in a second: on average,
	// but up to a second's worth at once; so MaxByteRate should be no less than
	// the largest message. Bytes count as they come, before they are inflated.
	// Beyond, RatePolicy says what happens. Default: any number. Danger: with
	// Compression a byte may become a thousand, so that MaxByteRate alone limits
	// the traffic, but not the work.
	MaxMessageRate int
	MaxByteRate    int

	// RatePolicy says what happens to a connection that sends more than it may.
	// Default: [CloseFast].
	RatePolicy RatePolicy

	// What it sends.

	// MaxBuffered is the limit of a connection's unsent bytes. A message that
	// finds more than that unsent is not taken: see SendPolicy. So at most one
	// message goes beyond it; those sent by a handler in reply, MaxMessage more.
	// Nothing is read from a connection while more than half of it is unsent, nor
	// the rest of a large message while that and what is unsent could hold more
	// than it; nor is its next message handled, until all is sent. So a connection
	// that is echoed to holds at most a message, its echo and half of MaxBuffered,
	// however much its messages were compressed. Default: 1 MiB.
	MaxBuffered int

	// SendPolicy says what happens to a message that exceeds MaxBuffered. Default:
	// [CloseSlow].
	SendPolicy SendPolicy

	// Both ways.

	// Compression, if not nil, offers permessage-deflate to clients that know it.
	// Default: nil, none.
	Compression *Compression

	// MaxMemory is the limit of the memory, in bytes, that all connections
	// together hold in buffers, for messages that have not come whole, for what
	// waits for Workers or is with them, and for what is not sent yet. Beyond,
	// those that hold the most are ended, until a tenth of it is free: with 1013,
	// or without a Close frame if there are unsent bytes before it. Their messages
	// that still wait for a worker are dropped, also those of connections that
	// have gone; OnClose gets [ErrMemory]. What handlers have in hand cannot be
	// freed, so it should be well above MaxMessage times Workers. It may be
	// exceeded for a moment, by what is read in one go. Idle connections hold
	// nothing. Default: half of GOMEMLIMIT, if that is set, else half of the
	// machine's memory (on Linux). Negative: none; danger: peers can then fill the
	// memory.
	MaxMemory int64

	// How long a peer may take. Time in which the server's process does not run,
	// by a second or more, does not count: peers are cut only if they had their
	// time while it could hear them.

	// IdleTimeout is how long a peer may be silent: nothing comes from it, nor
	// does it take any of what is unsent. At half of it a ping is sent; at its end
	// the connection is cut. Default: 120 s. Negative: none; danger: peers that
	// vanished without a word stay for ever.
	IdleTimeout time.Duration

	// WriteTimeout is how long a peer whose socket is full may take none of what
	// is unsent, whatever it sends meanwhile; it is then cut. Default: 30 s.
	// Negative: none; danger: whoever stops reading holds MaxBuffered.
	WriteTimeout time.Duration

	// CloseTimeout is how long the peer may take to answer our Close and to read
	// what is still unsent, before it is cut. Default: 5 s.
	CloseTimeout time.Duration

	// TCPUserTimeout is how long sent bytes may remain without an acknowledgement
	// before the system ends the connection (Linux only: TCP_USER_TIMEOUT). More
	// than 24 days count as 24 days. Default: 0, the system's, of about 15
	// minutes; WriteTimeout and IdleTimeout are usually over before.
	TCPUserTimeout time.Duration

	// TCPKeepAlive makes the system probe connections that are idle for so long,
	// once in a tenth of the time. More than 9 hours count as 9 hours. Default: 0,
	// none, as IdleTimeout has WebSocket pings sent, which also reach through
	// proxies.
	TCPKeepAlive time.Duration

	// The server itself.

	// ShutdownSpread is the time over which Shutdown closes the connections,
	// evenly, so that a fleet of clients does not come back all at once. The
	// context given to Shutdown must leave time for it. Handshakes under way may
	// be finished meanwhile, and are refused with 503 at its end. Default: 0, as
	// fast as can be.
	ShutdownSpread time.Duration

	// Logger receives recovered panics and failures of the server itself. What
	// peers do wrong comes with OnClose and in Stats; only why TLS handshakes and
	// PROXY protocol headers failed is logged, at level Debug. Default:
	// slog.Default().
	Logger *slog.Logger
}

// Accept is what the hooks Upgrade and UpgradeConn, of [Options] or a [Route],
// decide for a connection. The zero value accepts with all defaults.
type Accept struct {
	// Subprotocol, if not empty, must be one that the client offered. If it is
	// empty, the first of Subprotocols that was offered is chosen.
	Subprotocol string

	// Header is added to the answer.
	Header http.Header

	// Data is the connection's data: [Conn.Data].
	Data any

	// Handler, if not nil, is this connection's instead of the server's.
	Handler Handler

	// NoCompression has this connection do without Compression.
	NoCompression bool
}
