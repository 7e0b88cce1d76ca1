package engine_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// authority issues certificates for tests.
type authority struct {
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
	trust *x509.CertPool
}

var theAuthority = sync.OnceValue(func() *authority { return newAuthority("authority of the tests") })

func newAuthority(name string) *authority {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	a := &authority{key: key, trust: x509.NewCertPool()}
	a.cert, _ = x509.ParseCertificate(der)
	a.trust.AddCert(a.cert)
	return a
}

// issue makes a certificate for a name.
func (a *authority) issue(name string) tls.Certificate {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return a.issueFor(name, key, &key.PublicKey)
}

func (a *authority) issueFor(name string, key, public any) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// files writes a certificate and its key.
func files(t testing.TB, c tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(file, kind string, der []byte) {
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(certFile, "CERTIFICATE", c.Certificate[0])
	write(keyFile, "PRIVATE KEY", key)
	return certFile, keyFile
}

const serverName = "server.example"

// serverTLS is a configuration with a certificate for serverName.
var serverTLS = sync.OnceValue(func() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{theAuthority().issue(serverName)}}
})

// clientTLS is what a client needs to trust serverTLS.
func clientTLS() *tls.Config {
	return &tls.Config{RootCAs: theAuthority().trust, ServerName: serverName}
}

// serveTLS starts a server for wss at a loopback address. Without a TLSConfig
// it is serverTLS.
func serveTLS(t testing.TB, h engine.Handler, o engine.Options) *running {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.TLSConfig == nil {
		o.TLSConfig = serverTLS()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Loops == 0 {
		o.Loops = 1
	}
	s := &running{engine.NewServer(h, o), l.Addr()}
	served := make(chan error, 1)
	go func() { served <- s.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		s.Close()
		if err := receive(t, "ServeTLS to return", served); !errors.Is(err, engine.ErrServerClosed) {
			t.Errorf("ServeTLS returned %v, want ErrServerClosed", err)
		}
	})
	return s
}

// over speaks TLS through the connection of a raw client.
func (p *peer) over(config *tls.Config) (*peer, *tls.Conn, error) {
	tc := tls.Client(p.Conn, config)
	secure := &peer{Conn: dataFirst{tc}, t: p.t, decoder: codec.NewDecoder(clientSide), read: make([]byte, 64<<10)}
	p.t.Cleanup(secure.decoder.Release)
	return secure, tc, tc.Handshake()
}

// dataFirst is a tls.Conn that does not tell of the end with the last data.
type dataFirst struct{ *tls.Conn }

func (c dataFirst) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		err = nil
	}
	return n, err
}

// connectTLS opens a connection and does the TLS handshake.
func connectTLS(t testing.TB, s *running, config *tls.Config) (*peer, *tls.Conn) {
	t.Helper()
	p, tc, err := connect(t, s.addr).over(config)
	if err != nil {
		t.Fatal("TLS handshake: ", err)
	}
	return p, tc
}

// openTLS opens a connection and does both handshakes.
func openTLS(t testing.TB, s *running, config *tls.Config) (*peer, *tls.Conn) {
	t.Helper()
	p, tc := connectTLS(t, s, config)
	p.write(request)
	p.upgraded()
	return p, tc
}

// echoes sends messages of sizes, and wants them back.
func (p *peer) echoes(sizes ...int) {
	p.t.Helper()
	for _, size := range sizes {
		p.write(text(pattern(size)))
		p.expect(codec.Text, pattern(size))
	}
}

// eachVersion runs a test with clients of each version.
func eachVersion(t *testing.T, test func(t *testing.T, client *tls.Config)) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) {
			t.Parallel()
			client := clientTLS()
			client.MinVersion, client.MaxVersion = v, v
			test(t, client)
		})
	}
}

func TestTLSEcho(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{})
	eachVersion(t, func(t *testing.T, client *tls.Config) {
		p, tc := openTLS(t, s, client)
		p.echoes(0, 1, 125, 126, 1000, 1024, 4095, 4096, 16<<10-5, 16<<10, 65535, 65536, 100_000, 1<<20)
		if got := tc.ConnectionState().NegotiatedProtocol; got != "" {
			t.Errorf("agreed on %q, though the client offered nothing", got)
		}
		p.write(closing(codec.CloseNormal, "bye"))
		p.expectClose(codec.CloseNormal, "bye")
		p.expectEOF()
	})
}
