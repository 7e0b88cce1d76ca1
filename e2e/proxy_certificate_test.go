package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// certificate is what the proxies show: self-signed, for 127.0.0.1.
var certificate selfSigned

type selfSigned struct {
	once      sync.Once
	cert, key []byte // PEM
	err       error
}

func (s *selfSigned) make() error {
	s.once.Do(func() { s.cert, s.key, s.err = newCertificate() })
	return s.err
}

// write puts certificate.pem, key.pem, and both.pem with both into a folder.
func (s *selfSigned) write(t *testing.T, dir string) {
	t.Helper()
	if err := s.make(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"certificate.pem": s.cert,
		"key.pem":         s.key,
		"both.pem":        append(append([]byte{}, s.cert...), s.key...),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// trusted gives the configuration of a client that trusts the certificate.
func (s *selfSigned) trusted() *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.cert)
	return &tls.Config{RootCAs: roots}
}

func newCertificate() (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "chat.example.com"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pemBlock("CERTIFICATE", cert), pemBlock("PRIVATE KEY", secret), nil
}

func pemBlock(kind string, b []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})
}
