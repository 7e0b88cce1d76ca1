package engine_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

func (s *running) wss() string { return "wss://" + s.addr.String() + "/" }

// Our own client and server echo through TLS, whatever else is on.
func TestDialTLS(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]engine.Options{
		"plain": {}, "compressed": {Compression: &engine.Compression{}}, "workers": {Workers: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ends := make(chan *engine.CloseError, 1)
			s := serveTLS(t, echoing, o)
			got := make(chan string, 1)
			h := messages(got)
			h.Close = func(_ *engine.Conn, err error) { ends <- err.(*engine.CloseError) }
			c, err := engine.Dial(within(t, patience), s.wss(), h, engine.DialOptions{TLSConfig: clientTLS(), Compression: o.Compression})
			if err != nil {
				t.Fatal(err)
			}
			if state := c.TLS(); state == nil || state.NegotiatedProtocol != "http/1.1" {
				t.Errorf("the state is %+v", state)
			}
			for _, size := range []int{0, 1, 1000, 16 << 10, 100_000, 1 << 20} {
				if err := c.SendText(pattern(size)); err != nil {
					t.Fatal(err)
				}
				if receive(t, "the echo", got) != pattern(size) {
					t.Errorf("another message of %d bytes came back", size)
				}
			}
			c.Close(codec.CloseNormal, "")
			if end := receive(t, "the end", ends); !end.Clean || end.Err != nil {
				t.Errorf("ended with %v", end)
			}
		})
	}
}

// The URL's host is what the certificate must be for.
func TestDialTLSServerName(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	d := engine.NewDialer(engine.HandlerFuncs{}, engine.DialOptions{TLSConfig: &tls.Config{RootCAs: theAuthority().trust}})
	for range 2 {
		c, err := d.Dial(within(t, patience), s.wss()) // it is for 127.0.0.1 as well
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Abort)
	}
	_, port, _ := net.SplitHostPort(s.addr.String())
	_, err := d.Dial(within(t, patience), "wss://localhost:"+port)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("got %v, want that the certificate is for somebody else", err)
	}
	eventually(t, "the alert to be counted", func() bool { return s.Stats().TLSFailed == 1 })
}

// Whatever the server does instead of the handshake, Dial says so.
func TestDialTLSFails(t *testing.T) {
	t.Parallel()
	answer := func(with string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				nc, err := l.Accept()
				if err != nil {
					return
				}
				nc.Read(make([]byte, 16<<10))
				nc.Write([]byte(with))
				if with != "" {
					nc.Close()
				} else {
					defer nc.Close()
				}
			}
		}()
		return fmt.Sprintf("wss://%s/", l.Addr())
	}
	for _, test := range []struct{ answer, want string }{
		{"HTTP/1.1 200 OK\r\n\r\n", "first record does not look like a TLS handshake"},
		{"\x15\x03\x01\x00\x02\x02\x28", "handshake failure"},
		{"\x16\x03", "EOF"},
		{"\x16\x03\x03\x00\x10\x02", "EOF"},
		{"\x16\x03\x03\xff\xff", "oversized record"},
		{"", engine.ErrHandshakeTimeout.Error()},
	} {
		_, err := engine.Dial(within(t, patience), answer(test.answer), engine.HandlerFuncs{}, engine.DialOptions{HandshakeTimeout: 300 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("answered with %q, Dial returned %v, want %q", test.answer, err, test.want)
		}
	}
}

// A server that refuses the client's certificate does so after the client is
// done: Dial still says so.
func TestDialTLSWithoutCertificate(t *testing.T) {
	t.Parallel()
	config := serverTLS().Clone()
	config.ClientAuth = tls.RequireAnyClientCert
	s := serveTLS(t, echoing, engine.Options{TLSConfig: config})
	_, err := engine.Dial(within(t, patience), s.wss(), engine.HandlerFuncs{}, engine.DialOptions{TLSConfig: clientTLS()})
	if err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("Dial returned %v", err)
	}
}

// A Dial that is given up during the TLS handshake says what ended it.
func TestDialTLSGivenUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ctx, cancel := context.WithCancel(within(t, patience))
	defer cancel()
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		nc.Read(make([]byte, 1))
		cancel()
		nc.Read(make([]byte, 16<<10))
	}()
	if _, err := engine.Dial(ctx, fmt.Sprintf("wss://%s/", l.Addr()), engine.HandlerFuncs{}, engine.DialOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial returned %v", err)
	}
}

// A session cache that panics ends its connection, and nothing else.
func TestDialTLSCachePanics(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	client := clientTLS()
	client.MinVersion, client.ClientSessionCache = tls.VersionTLS13, panicking{}
	_, err := engine.Dial(within(t, patience), s.wss(), engine.HandlerFuncs{}, engine.DialOptions{TLSConfig: client, Logger: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, engine.ErrPanic) {
		t.Errorf("Dial returned %v", err)
	}
}

type panicking struct{}

func (panicking) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (panicking) Put(string, *tls.ClientSessionState)        { panic("as you wish") }
