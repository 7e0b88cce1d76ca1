package engine_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// Every cipher suite that crypto/tls has echoes, whatever the key is for.
func TestTLSCipherSuites(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var suites []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			suites = append(suites, s.ID)
		}
	}
	s := serveTLS(t, echoing, engine.Options{TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{theAuthority().issue(serverName), theAuthority().issueFor(serverName, key, &key.PublicKey)},
		CipherSuites: suites,
	}})
	for _, suite := range suites {
		t.Run(tls.CipherSuiteName(suite), func(t *testing.T) {
			t.Parallel()
			client := clientTLS()
			client.MaxVersion, client.CipherSuites = tls.VersionTLS12, []uint16{suite}
			p, tc := openTLS(t, s, client)
			if got := tc.ConnectionState().CipherSuite; got != suite {
				t.Errorf("the suite is %s", tls.CipherSuiteName(got))
			}
			p.echoes(1, 1000, 20_000, 200_000)
		})
	}
}

func TestTLSKeyExchanges(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	for _, curve := range []tls.CurveID{tls.CurveP256, tls.CurveP384, tls.CurveP521, tls.X25519, tls.X25519MLKEM768} {
		t.Run(curve.String(), func(t *testing.T) {
			t.Parallel()
			client := clientTLS()
			client.CurvePreferences = []tls.CurveID{curve}
			p, _ := openTLS(t, s, client)
			p.echoes(1000)
		})
	}
}

// A server that wants another key exchange than the client has prepared asks
// it to begin again.
func TestTLSHelloRetry(t *testing.T) {
	t.Parallel()
	config := serverTLS().Clone()
	config.CurvePreferences = []tls.CurveID{tls.CurveP384}
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config})
	p, tc := openTLS(t, s, clientTLS())
	p.echoes(1000)
	if !tc.ConnectionState().HelloRetryRequest {
		t.Error("the client was not asked to begin again")
	}
}

func TestTLSResumption(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		for i := range 3 {
			p, tc := openTLS(t, s, client)
			p.echoes(100)
			if resumed := tc.ConnectionState().DidResume; resumed != (i > 0) {
				t.Errorf("connection %d: resumed is %v", i, resumed)
			}
		}
	})
}

// The name that a client asks for selects the certificate, and GetCertificate
// may give another one from now on.
func TestTLSNames(t *testing.T) {
	t.Parallel()
	a := theAuthority()
	var current atomic.Pointer[tls.Certificate]
	s := serveTLS(t, echoing, engine.Options{TLSConfig: &tls.Config{GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if h.ServerName == "changing.example" {
			return current.Load(), nil
		}
		c := a.issue(h.ServerName)
		return &c, nil
	}}})
	serial := func(name string) string {
		_, tc := connectTLS(t, s, &tls.Config{RootCAs: a.trust, ServerName: name})
		return tc.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	serial("a.example")
	serial("b.example") // the client has verified the name
	first, second := a.issue("changing.example"), a.issue("changing.example")
	current.Store(&first)
	before := serial("changing.example")
	if serial("changing.example") != before {
		t.Error("the certificate changed by itself")
	}
	current.Store(&second)
	if serial("changing.example") == before {
		t.Error("the certificate did not change")
	}
}

func TestTLSFiles(t *testing.T) {
	t.Parallel()
	certFile, keyFile := files(t, theAuthority().issue(serverName))
	s := engine.NewServer(echoing, engine.Options{Loops: 2})
	if err := s.ListenAndServeTLS("127.0.0.1:0", keyFile, certFile); err == nil {
		t.Error("a key was taken for a certificate")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 2)
	go func() { served <- s.ServeTLS(l, certFile, keyFile) }()
	go func() { served <- s.Serve(plain) }() // both at once
	t.Cleanup(func() { s.Close(); <-served; <-served })
	p, _ := openTLS(t, &running{s, l.Addr()}, clientTLS())
	p.echoes(100)
	open(t, &running{s, plain.Addr()}).echoes(100)
	if st := s.Stats(); st.TLSHandshakes != 1 || st.TLSFailed != 0 || st.Opened != 2 {
		t.Errorf("stats: %+v", st)
	}
}

func TestTLSWithoutCertificate(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.NewServer(echoing, engine.Options{}).ServeTLS(l, "", ""); err == nil || errors.Is(err, engine.ErrServerClosed) {
		t.Errorf("ServeTLS returned %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is not closed: %v", err)
	}
}

// What was agreed on is known in the Upgrade hook, and to the handler.
func TestTLSState(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		config := serverTLS().Clone()
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, theAuthority().trust
		r := record(echoing)
		s := serveTLS(t, r, engine.Options{
			TLSConfig: config, Workers: workers, Subprotocols: []string{"chat"}, AllowNoSubprotocol: true,
			UpgradeConn: func(c *engine.Conn, r *handshake.Request) (engine.Accept, error) {
				state := c.TLS()
				if c.RemoteAddr() == nil || c.State() != engine.Connecting || c.SendText("early") != engine.ErrClosed {
					return engine.Accept{}, handshake.Reject(500, "")
				}
				return engine.Accept{Data: state.PeerCertificates[0].Subject.CommonName + r.Path()}, nil
			},
		})
		client := clientTLS()
		client.Certificates, client.NextProtos = []tls.Certificate{theAuthority().issue("me")}, []string{"http/1.1"}
		p, tc := openTLS(t, s, client)
		c := r.conn(t)
		if got := c.Data(); got != "me/chat" {
			t.Errorf("the hook has seen %v", got)
		}
		state := c.TLS()
		if state.NegotiatedProtocol != "http/1.1" || !state.HandshakeComplete || tc.ConnectionState().NegotiatedProtocol != "http/1.1" {
			t.Errorf("the state is %+v", state)
		}
		p.echoes(10)
		p.Close()
		r.end(t)
		if c.TLS() == nil {
			t.Error("no state is known after the end")
		}
	})
}

func TestNoTLSState(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	open(t, serve(t, r, engine.Options{}))
	if c := r.conn(t); c.TLS() != nil {
		t.Error("a plain connection has a TLS state")
	}
}

// What a client offers that the server cannot accept is refused with an alert,
// and counted; the server goes on.
func TestTLSRefused(t *testing.T) {
	t.Parallel()
	config := serverTLS().Clone()
	config.ClientAuth, config.ClientCAs = tls.VerifyClientCertIfGiven, theAuthority().trust
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config, UpgradeConn: func(*engine.Conn, *handshake.Request) (engine.Accept, error) {
		t.Error("a request arrived")
		return engine.Accept{}, nil
	}})
	stranger := newAuthority("another authority").issue("me")
	tests := []struct {
		name   string
		change func(*tls.Config)
		want   string
	}{
		{"old version", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "protocol version"},
		{"other protocol", func(c *tls.Config) { c.NextProtos = []string{"h2"} }, "no application protocol"},
		{"certificate of a stranger", func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &stranger, nil }
		}, "unknown certificate authority"},
		{"distrust", func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }, "certificate signed by unknown authority"},
	}
	for i, test := range tests {
		for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			client := clientTLS()
			client.MinVersion, client.MaxVersion = v, v
			test.change(client)
			p, _, err := connect(t, s.addr).over(client)
			if err == nil { // in TLS 1.3 the client is done before the server
				_, err = p.Read(make([]byte, 1))
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want %q", test.name, err, test.want)
			}
			p.Close()
		}
		eventually(t, "the failures to be counted", func() bool { return s.Stats().TLSFailed == uint64(2*i+2) })
	}
	eventually(t, "all to be gone", func() bool { st := s.Stats(); return st.Connections == 0 && st.Memory == 0 })
}

func TestTLSClientCertificateMissing(t *testing.T) {
	t.Parallel()
	config := serverTLS().Clone()
	config.ClientAuth = tls.RequireAnyClientCert
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config})
	p, _, err := connect(t, s.addr).over(clientTLS())
	if err == nil {
		_, err = p.Read(make([]byte, 1))
	}
	if err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("got %v", err)
	}
}

func TestPlainHTTPToTLS(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	for _, r := range []string{request, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n" + pattern(10_000), "GET /"} {
		p := connect(t, s.addr)
		p.write(r)
		want := "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
		if got := p.readAll(); got != want {
			t.Errorf("got %q", got)
		}
	}
}

func TestGarbageToTLS(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: patience})
	alert := func(code byte) string { return "\x15\x03\x01\x00\x02\x02" + string(code) }
	for _, test := range []struct{ name, sent, want string }{
		{"text", pattern(100), ""},
		{"zeros", string(make([]byte, 20_000)), ""},
		{"SSLv2", "\x80\x2e\x01\x00\x02" + pattern(41), alert(70)},
		{"data before the handshake", "\x17\x03\x01\x00\x01a", ""},
		{"a record too large", "\x16\x03\x01\xff\xff", alert(22)},
		{"an empty record", "\x16\x03\x01\x00\x00", alert(10)},
		{"no hello", "\x16\x03\x01\x00\x04\x00\x00\x00\x00", alert(10)},
		{"a hello too large", "\x16\x03\x01\x00\x04\x01\xff\xff\xff", alert(80)},
		{"a hello of nothing", "\x16\x03\x01\x00\x04\x01\x00\x00\x00", alert(50)},
		{"an alert", "\x15\x03\x01\x00\x02\x02\x00", ""},
	} {
		p := connect(t, s.addr)
		p.write(test.sent)
		got, _ := io.ReadAll(p)
		if test.want != "" && string(got) != test.want {
			t.Errorf("%s: answered with % x, want % x", test.name, got, test.want)
		}
	}
	eventually(t, "all to be gone", func() bool { st := s.Stats(); return st.Connections == 0 && st.Memory == 0 && st.TLSFailed == 10 })
}

// helloOf gives a client's first flight.
func helloOf(t *testing.T) string {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go tls.Client(theirs, clientTLS()).Handshake()
	b := make([]byte, 16<<10)
	n, err := ours.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// Whoever takes too long is cut, wherever in the handshake, even if something
// comes all the time.
func TestTLSHandshakeTimeout(t *testing.T) {
	t.Parallel()
	hello := helloOf(t)
	for name, sent := range map[string]string{"nothing": "", "a part of a hello": hello[:100], "a hello": hello} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: 300 * time.Millisecond})
			began := time.Now()
			p := connect(t, s.addr)
			p.write(sent)
			p.expectCut()
			if took := time.Since(began); took < 200*time.Millisecond {
				t.Errorf("cut after %v", took)
			}
		})
	}
	t.Run("dribbled", func(t *testing.T) {
		t.Parallel()
		s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: 300 * time.Millisecond})
		p := connect(t, s.addr)
		for i := range hello[:len(hello)-1] {
			if _, err := p.Write([]byte{hello[i]}); err != nil {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		p.expectCut()
		if st := s.Stats(); st.TLSFailed != 1 {
			t.Errorf("stats: %+v", st)
		}
	})
	t.Run("after it", func(t *testing.T) {
		t.Parallel()
		s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: time.Second})
		p, _ := connectTLS(t, s, clientTLS())
		p.write(request[:20])
		p.expectCut()
	})
}

// A client that leaves leaves nothing behind, wherever in the handshake, and
// while hooks run.
func TestTLSPeerLeaves(t *testing.T) {
	t.Parallel()
	hello := helloOf(t)
	entered, leave := make(chan bool), make(chan bool)
	var blocking atomic.Bool
	config := serverTLS().Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if blocking.Load() {
			entered <- true
			<-leave
		}
		return nil, nil
	}
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config, HandshakeTimeout: patience, TLSHandshakes: 1})
	gone := func(n uint64) {
		t.Helper()
		eventually(t, "it to be gone", func() bool {
			st := s.Stats()
			return st.Connections == 0 && st.Memory == 0 && st.TLSFailed == n
		})
	}
	for i := 0; i < len(hello); i += 37 {
		p := connect(t, s.addr)
		p.write(hello[:i])
		eventually(t, "it to be read", func() bool { return s.Stats().Connections == 1 })
		if i%2 == 0 {
			p.reset()
		} else {
			p.Close()
		}
		gone(uint64(i/37 + 1))
	}
	n := s.Stats().TLSFailed
	p := connect(t, s.addr)
	p.write(hello)
	if _, err := io.ReadFull(p, make([]byte, 100)); err != nil { // it is the client's turn
		t.Fatal(err)
	}
	p.reset()
	gone(n + 1)
	blocking.Store(true)
	p = connect(t, s.addr)
	p.write(hello)
	<-entered
	p.write(hello) // more comes, but is not looked at
	p.reset()
	eventually(t, "it to be gone", func() bool { return s.Stats().Connections == 0 })
	leave <- true
	blocking.Store(false)
	gone(n + 2)
	q, _ := openTLS(t, s, clientTLS())
	q.echoes(10)
}

// A hook that panics, or ends its goroutine, ends its connection, and nothing
// else.
func TestTLSHookFails(t *testing.T) {
	t.Parallel()
	var do atomic.Pointer[func()]
	config := serverTLS().Clone()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		(*do.Load())()
		return nil, nil
	}
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config, TLSHandshakes: 1})
	for i, f := range []func(){func() { panic("a hook's") }, runtime.Goexit} {
		do.Store(&f)
		p, _, err := connect(t, s.addr).over(clientTLS())
		if err == nil {
			t.Error("the handshake succeeded")
		}
		p.Close()
		eventually(t, "the panic to be counted", func() bool { return s.Stats().Panics == uint64(i+1) })
		f = func() {}
		do.Store(&f)
		q, _ := openTLS(t, s, clientTLS())
		q.echoes(10)
	}
}

// Connections beyond the limits are ended at once: to tell them why would take
// a handshake.
func TestTLSBeyondLimits(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{MaxConns: 1})
	p, _ := openTLS(t, s, clientTLS())
	q := connect(t, s.addr)
	q.expectCut()
	eventually(t, "it to be counted", func() bool { return s.Stats().Shed == 1 })
	if st := s.Stats(); st.Connections != 1 {
		t.Errorf("stats: %+v", st)
	}
	p.echoes(10)
	p.Close()
	eventually(t, "the place to be free", func() bool { return s.Stats().Connections == 0 })
	q, _ = openTLS(t, s, clientTLS())
	q.echoes(10)
}

// Many handshakes at once do not keep other connections from their messages.
func TestTLSHandshakesAndNeighbours(t *testing.T) {
	t.Parallel()
	const many = 200
	s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: patience})
	neighbour, _ := openTLS(t, s, clientTLS())
	done := make(chan *peer, many)
	for range many {
		p := connect(t, s.addr)
		go func() {
			tc := tls.Client(p.Conn, clientTLS())
			if _, err := io.WriteString(tc, request+text("x")); err != nil {
				t.Error(err)
			}
			done <- &peer{Conn: dataFirst{tc}, t: t, decoder: codec.NewDecoder(clientSide), read: make([]byte, 1024)}
		}()
	}
	for range many {
		neighbour.echoes(100)
		p := receive(t, "a handshake", done)
		t.Cleanup(p.decoder.Release)
		p.upgraded()
		p.expect(codec.Text, "x")
	}
	if st := s.Stats(); st.TLSHandshakes != many+1 || st.TLSFailed != 0 {
		t.Errorf("stats: %+v", st)
	}
}
