package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// issue writes a certificate for 127.0.0.1, with this number, and its key.
func issue(t *testing.T, number int64, certFile, keyFile string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{keyFile: {Type: "PRIVATE KEY", Bytes: secret}, certFile: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust := x509.NewCertPool()
	cert, _ := x509.ParseCertificate(der)
	trust.AddCert(cert)
	return trust
}

// The built server speaks wss, and takes a new certificate while it runs.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	trust := issue(t, 1, certFile, keyFile)
	addr, _ := start(t, "-cert", certFile, "-key", keyFile)
	got := make(chan string, 1)
	echoed := engine.HandlerFuncs{Message: func(_ *engine.Conn, _ codec.Opcode, p []byte) { got <- string(p) }}
	open := func(trust *x509.CertPool) error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c, err := engine.Dial(ctx, "wss://"+addr+"/", echoed, engine.DialOptions{TLSConfig: &tls.Config{RootCAs: trust}})
		if err != nil {
			return err
		}
		defer c.Abort()
		if err := c.SendText("hello"); err != nil {
			return err
		}
		select {
		case <-got:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := open(trust); err != nil {
		t.Fatal(err)
	}
	trust = issue(t, 2, certFile, keyFile)
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		err := open(trust)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("with the new certificate: ", err)
		}
	}
}

// What is wrong with the files is said at once.
func TestTLSMisuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	issue(t, 1, certFile, keyFile)
	for _, c := range []*certificate{{certFile: certFile}, {keyFile: keyFile}, {certFile: keyFile, keyFile: certFile}, {certFile: certFile, keyFile: dir + "/none"}} {
		if _, err := c.config(); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
