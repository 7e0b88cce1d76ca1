package engine_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// countingListener counts the bytes that are read from its connections.
type countingListener struct {
	net.Listener
	read atomic.Int64
}

type countingConn struct {
	*net.TCPConn
	read *atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{nc.(*net.TCPConn), &l.read}, nil
}

func (c countingConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// secured is a net/http server with TLS under which s is.
type secured struct {
	*running
	listener *countingListener
}

// behindTLS starts a net/http server with h, which leads to s in the end.
func behindTLS(t testing.TB, s *engine.Server, h http.Handler) secured {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	counting := &countingListener{Listener: l}
	hs := &http.Server{Handler: h, TLSConfig: serverTLS().Clone(), ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan error, 1)
	go func() { served <- hs.ServeTLS(engine.UnderTLS(counting), "", "") }()
	t.Cleanup(func() {
		hs.Close()
		receive(t, "ServeTLS to return", served)
		s.Close()
	})
	return secured{&running{s, l.Addr()}, counting}
}

// A connection with TLS moves over with all that was read of it, through a mux
// and middleware, and the page beside it is served as before.
func TestServeHTTPUnderTLS(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		versions := make(chan uint16, 10)
		o.UpgradeConn = func(c *engine.Conn, _ *handshake.Request) (engine.Accept, error) {
			versions <- c.TLS().Version
			return engine.Accept{}, nil
		}
		s := newAdopter(echoing, o)
		mux := http.NewServeMux()
		mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%x %s", r.TLS.Version, r.Proto)
		})
		mux.Handle("GET /chat", s)
		at := behindTLS(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(wrapped{w}, r) }))
		eachVersion(t, func(t *testing.T, client *tls.Config) {
			p, tc := connectTLS(t, at.running, client)
			version := tc.ConnectionState().Version
			p.write("GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
			p.expectPage(200, fmt.Sprintf("%x HTTP/1.1", version))
			p.write(request + text("with the request") + text(pattern(100_000)))
			p.upgraded()
			p.expect(codec.Text, "with the request")
			p.expect(codec.Text, pattern(100_000))
			if got := receive(t, "Upgrade", versions); got != version {
				t.Errorf("the connection's TLS has version %x, want %x", got, version)
			}
			p.echoes(0, 1, 125, 4096, 20_000, 1<<20-10)
			p.write(closing(3000, "bye"))
			p.expectClose(3000, "bye")
			p.expectEOF()
			if st := s.Stats(); st.Opened == 0 || st.TLSHandshakes != 0 {
				t.Errorf("%+v", st)
			}
		})
	})
}

// gated lets requests wait before they reach s.
type gated struct {
	s       *engine.Server
	entered chan struct{}
	open    chan struct{}
}

func newGated(s *engine.Server) *gated {
	return &gated{s, make(chan struct{}, 1000), make(chan struct{}, 1000)}
}

func (g *gated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.entered <- struct{}{}
	<-g.open
	g.s.ServeHTTP(w, r)
}

// Wherever net/http's reading ahead is interrupted, within a record or between
// two, nothing is lost.
func TestServeHTTPUnderTLSCut(t *testing.T) {
	t.Parallel()
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		s := newAdopter(echoing, engine.Options{HandshakeTimeout: patience})
		g := newGated(s)
		at := behindTLS(t, s, g)
		for cut := 0; cut >= 0; cut += 7 {
			p := connect(t, at.addr)
			held := &holding{Conn: p.Conn}
			p.Conn = held
			p, _, err := p.over(client)
			if err != nil {
				t.Fatal(err)
			}
			p.write(request)
			receive(t, "the request", g.entered)
			before := at.listener.read.Load()
			held.holds = true
			p.write(text("first"))
			p.write(text(pattern(300)))
			n := min(cut, len(held.kept))
			held.Conn.Write(held.kept[:n])
			eventually(t, "it to be read", func() bool { return at.listener.read.Load() >= before+int64(min(n, 1)) })
			g.open <- struct{}{}
			held.holds = false
			held.Conn.Write(held.kept[n:])
			p.upgraded()
			p.expect(codec.Text, "first")
			p.expect(codec.Text, pattern(300))
			p.echoes(1000)
			p.Close()
			if n == len(held.kept) {
				break
			}
		}
	})
}

// holding keeps what is written while it holds.
type holding struct {
	net.Conn
	holds bool
	kept  []byte
}

func (h *holding) Write(b []byte) (int, error) {
	if h.holds {
		h.kept = append(h.kept, b...)
		return len(b), nil
	}
	return h.Conn.Write(b)
}

// Handshakes and messages in all kinds of pieces, all at the same time: each
// connection gets what it has sent.
func TestServeHTTPUnderTLSLoad(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		conns := 300
		if engine.RaceEnabled {
			conns = 60
		}
		s := newAdopter(echoing, o)
		at := behindTLS(t, s, s)
		var done sync.WaitGroup
		slots := make(chan struct{}, 20)
		for i := range conns {
			slots <- struct{}{}
			done.Go(func() {
				defer func() { <-slots }()
				if err := pieces(at.addr, rand.New(rand.NewPCG(1, uint64(i)))); err != nil {
					t.Errorf("connection %d: %v", i, err)
				}
			})
		}
		done.Wait()
		eventually(t, "the connections to end", func() bool { return s.Stats().Connections == 0 })
	})
}

// pieces sends a request and messages in pieces that chance chooses, and wants
// the messages back.
func pieces(addr net.Addr, chance *rand.Rand) error {
	nc, err := net.Dial("tcp", addr.String())
	if err != nil {
		return err
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	tc := tls.Client(&tearing{nc, chance}, clientTLS())
	if err := tc.Handshake(); err != nil {
		return err
	}
	var sent, want []byte
	for range 5 {
		payload := pattern(chance.IntN(3000))
		sent = append(sent, text(payload)...)
		want = codec.AppendFrame(want, codec.Text, []byte(payload))
	}
	all := []byte(request + string(sent))
	written := make(chan error, 1)
	go func() {
		for len(all) > 0 {
			n := min(1+chance.IntN(len(request)*2), len(all))
			if _, err := tc.Write(all[:n]); err != nil {
				written <- err
				return
			}
			all = all[n:]
		}
		written <- nil
	}()
	got := make([]byte, 0, len(want)+1000)
	for {
		i := bytes.Index(got, []byte("\r\n\r\n"))
		if i >= 0 && len(got) >= i+4+len(want) {
			if !bytes.Equal(got[i+4:], want) {
				return fmt.Errorf("got %.100q", got)
			}
			return <-written
		}
		n, err := tc.Read(got[len(got):cap(got)])
		if err != nil {
			return fmt.Errorf("after %.100q: %w", got, err)
		}
		got = got[:len(got)+n]
	}
}

// tearing sends what is written in two pieces, with other goroutines' turn
// between them.
type tearing struct {
	net.Conn
	chance *rand.Rand
}

func (c *tearing) Write(b []byte) (int, error) {
	n := c.chance.IntN(len(b))
	if _, err := c.Conn.Write(b[:n]); err != nil {
		return 0, err
	}
	for range c.chance.IntN(50) {
		runtime.Gosched()
	}
	m, err := c.Conn.Write(b[n:])
	return n + m, err
}

// What the peer does while net/http has the connection ends it afterwards.
func TestServeHTTPUnderTLSEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *peer, tc *tls.Conn, nc *net.TCPConn){
		"close_notify": func(_ *peer, tc *tls.Conn, _ *net.TCPConn) { tc.CloseWrite() },
		"FIN":          func(_ *peer, _ *tls.Conn, nc *net.TCPConn) { nc.CloseWrite() },
		"after data":   func(p *peer, tc *tls.Conn, _ *net.TCPConn) { p.write(text("last")); tc.CloseWrite() },
		"no record":    func(_ *peer, _ *tls.Conn, nc *net.TCPConn) { io.WriteString(nc, "this is no record of TLS") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := record(echoing)
			s := newAdopter(r, engine.Options{IdleTimeout: -1})
			g := newGated(s)
			at := behindTLS(t, s, g)
			raw := connect(t, at.addr)
			nc := raw.Conn.(*net.TCPConn)
			p, tc, err := raw.over(clientTLS())
			if err != nil {
				t.Fatal(err)
			}
			p.write(request)
			receive(t, "the request", g.entered)
			before := at.listener.read.Load()
			end(p, tc, nc)
			if name != "FIN" {
				eventually(t, "it to be read", func() bool { return at.listener.read.Load() > before })
			}
			g.open <- struct{}{}
			if name != "no record" { // then an alert has gone out, and nothing can behind it
				p.upgraded()
			}
			if name == "after data" {
				p.expect(codec.Text, "last")
			}
			raw.expectCut()
			r.end(t)
		})
	}
}

// What cannot be taken over is answered, and the log says what to do.
func TestServeHTTPForeignTLS(t *testing.T) {
	t.Parallel()
	logged := make(lines, 1)
	s := engine.NewServer(echoing, engine.Options{Loops: 1, Logger: slog.New(slog.NewTextHandler(logged, nil))})
	defer s.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := &http.Server{Handler: s}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(tls.NewListener(l, serverTLS())) }()
	p, _ := connectTLS(t, &running{s, l.Addr()}, clientTLS())
	p.write(request)
	p.expectRefusal("501 Not Implemented")
	hs.Close()
	receive(t, "Serve to return", served)
	if line := receive(t, "the log", logged); !strings.Contains(line, "engine.UnderTLS") {
		t.Errorf("the log does not say what to do: %s", line)
	}
}

// lines are those of a log.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// Beside WebSockets, net/http does all that it does with TLS.
func TestUnderTLSElsewise(t *testing.T) {
	t.Parallel()
	s := newAdopter(echoing, engine.Options{MaxConns: 1})
	mux := http.NewServeMux()
	mux.Handle("/chat", s)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, r.Proto, " ", n)
	})
	at := behindTLS(t, s, mux)
	for _, http2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: clientTLS(), ForceAttemptHTTP2: http2}
		client := &http.Client{Transport: transport, Timeout: patience}
		for _, size := range []int{0, 3_000_000} {
			answer, err := client.Post("https://"+at.addr.String()+"/", "", strings.NewReader(pattern(size)))
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if want := fmt.Sprintf("%s %d", answer.Proto, size); string(body) != want || http2 != (answer.ProtoMajor == 2) {
				t.Errorf("HTTP/2 %t: answered %q by %s, want %q", http2, body, answer.Proto, want)
			}
		}
		transport.CloseIdleConnections()
	}
	plain := connect(t, at.addr)
	plain.write(request)
	if got := plain.readAll(); !strings.Contains(got, "HTTP request to an HTTPS server") {
		t.Errorf("a client without TLS got %q", got)
	}
	first, _ := connectTLS(t, at.running, clientTLS())
	first.write(request)
	first.upgraded()
	second, _ := connectTLS(t, at.running, clientTLS())
	second.write(request)
	second.expectRefusal("503 Service Unavailable")
	other, _ := connectTLS(t, at.running, clientTLS())
	other.write(strings.Replace(request, "Version: 13", "Version: 8", 1))
	if status, _ := other.head(); status != "HTTP/1.1 426 Upgrade Required" {
		t.Errorf("another version: %q", status)
	}
}

// Connections that were taken over leave no goroutine behind, and take about as
// much memory as others with TLS.
func TestServeHTTPUnderTLSIsLean(t *testing.T) {
	conns := 1000
	if engine.RaceEnabled {
		conns = 200
	}
	o := engine.Options{IdleTimeout: -1}
	adopter := newAdopter(echoing, o)
	adopting := heapOf(t, behindTLS(t, adopter, adopter).running, conns)
	if engine.RaceEnabled {
		return
	}
	if own := heapOf(t, serveTLS(t, echoing, o), conns); adopting > own+1000 {
		t.Errorf("a connection that was taken over takes %d bytes with its client, others %d", adopting, own)
	}
}

// heapOf opens connections, and tells how many bytes of the heap each takes,
// with its client.
func heapOf(t *testing.T, at *running, conns int) int {
	warm, _ := openTLS(t, at, clientTLS())
	warm.Close()
	eventually(t, "it to end", func() bool { return at.Stats().Connections == 0 })
	goroutines, before := runtime.NumGoroutine(), heapInUse()
	clients, client := make([]net.Conn, conns), clientTLS()
	for i := range clients {
		nc, err := net.Dial("tcp", at.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		nc.SetDeadline(time.Now().Add(patience))
		tc := tls.Client(nc, client)
		io.WriteString(tc, request)
		if _, err := tc.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		clients[i] = tc
	}
	if n := at.Stats().Open; n != int64(conns) {
		t.Errorf("%d connections are open, want %d", n, conns)
	}
	eventually(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines+10 })
	each := (heapInUse() - before) / conns
	for _, nc := range clients {
		nc.Close()
	}
	eventually(t, "the connections to end", func() bool { return at.Stats().Connections == 0 })
	return each
}

func heapInUse() int {
	runtime.GC()
	runtime.GC() // what pools keep goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// What came before the end of the peer's stream is delivered before that, even
// if the connection is held in the middle of it.
func TestServeHTTPUnderTLSEndsHeld(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		o        engine.Options
		messages string
		n        int
	}{
		"a full mailbox":   {engine.Options{Workers: 1, Mailbox: 2}, strings.Repeat(text("x"), 100), 100},
		"a turn that ends": {engine.Options{Compression: &engine.Compression{}}, strings.Repeat(compressed(codec.Text, strings.Repeat("x", 600_000)), 3), 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got atomic.Int64
			r := record(engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) { got.Add(1) }})
			tt.o.IdleTimeout = -1
			s := newAdopter(r, tt.o)
			g := newGated(s)
			at := behindTLS(t, s, g)
			client := clientTLS()
			client.DynamicRecordSizingDisabled = true // all in one record
			p, tc := connectTLS(t, at.running, client)
			all := requestWith("Sec-WebSocket-Extensions: permessage-deflate") + tt.messages
			if len(all) > 4096 {
				t.Fatalf("%d bytes are more than net/http reads", len(all))
			}
			p.write(all)
			receive(t, "the request", g.entered)
			read := at.listener.read.Load()
			tc.CloseWrite()
			eventually(t, "its end to be read", func() bool { return at.listener.read.Load() > read })
			g.open <- struct{}{}
			p.upgraded()
			r.end(t)
			if n := got.Load(); n != int64(tt.n) {
				t.Errorf("%d messages of %d have arrived", n, tt.n)
			}
		})
	}
}
