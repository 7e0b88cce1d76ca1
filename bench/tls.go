package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/secure"
)

// tlsPeers are the servers that can be measured with TLS.
var tlsPeers = []string{"sockeye", "nbio", "gorilla"}

// keyExchanges are what the clients agree on.
var keyExchanges = []struct {
	name   string
	curves []tls.CurveID
}{
	{"X25519", []tls.CurveID{tls.X25519}},
	{"default", nil},
}

type tlsConfig struct {
	compareConfig
	plan secure.Plan
}

func runTLS(ctx context.Context, args []string) (err error) {
	var cfg tlsConfig
	f := flag.NewFlagSet("tls", flag.ContinueOnError)
	peers := f.String("peers", strings.Join(tlsPeers, ","), "`names` of the servers")
	f.IntVar(&cfg.Rounds, "rounds", 3, "how often each server is measured")
	f.DurationVar(&cfg.plan.Duration, "duration", 2*time.Second, "measured time of each load")
	f.IntVar(&cfg.plan.Conns, "conns", 3000, "`number` of idle connections")
	if err := parse(f, args); err != nil {
		return err
	}
	for _, name := range strings.Split(*peers, ",") {
		if !slices.Contains(tlsPeers, name) {
			return usageError{fmt.Errorf("%q: want some of %s", name, strings.Join(tlsPeers, ", "))}
		}
	}
	if cfg.Rounds < 1 || cfg.plan.Conns < 1 || cfg.plan.Duration <= 0 {
		return usageError{errors.New("at least one round of some connections and some time is needed")}
	}
	if cfg.Peers, err = compare.Find(strings.Split(*peers, ",")); err != nil {
		return usageError{err}
	}
	if err := proc.NeedFiles(cfg.plan.Conns + 1000); err != nil {
		return err
	}
	if err := cfg.build(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(cfg.Bin)
	return cfg.run(ctx, os.Stdout)
}

// run measures in rounds, so that all have the same share of what else the
// machine does, and prints medians.
func (cfg *tlsConfig) run(ctx context.Context, w io.Writer) error {
	cert, key := filepath.Join(cfg.Bin, "cert.pem"), filepath.Join(cfg.Bin, "key.pem")
	trust, err := certify(cert, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s; TLS 1.3, an ECDSA certificate; medians of %d rounds, %d connections, loads of %v\n\n", proc.Machine(), cfg.Rounds, cfg.plan.Conns, cfg.plan.Duration)
	fmt.Fprintln(w, "| server | key exchange | B idle, after 1 KiB | after 16 KiB | µs of CPU, 1 KiB echo | µs of CPU, 1 MiB echo | handshakes in a CPU second |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|")
	for _, exchange := range keyExchanges {
		cfg.plan.Config = &tls.Config{
			ServerName: "127.0.0.1", RootCAs: trust, CurvePreferences: exchange.curves,
			DynamicRecordSizingDisabled: true, // a message of 16 KiB is one record
		}
		all := make([][]secure.Figures, len(cfg.Peers))
		for range cfg.Rounds {
			for i, p := range cfg.Peers {
				figures, err := cfg.measure(ctx, filepath.Join(cfg.Bin, p.Name), cert, key)
				if err != nil {
					return fmt.Errorf("%s: %w", p.Name, err)
				}
				all[i] = append(all[i], figures)
			}
		}
		for i, p := range cfg.Peers {
			m := func(of func(secure.Figures) float64) float64 { return median(all[i], of) }
			fmt.Fprintf(w, "| %s | %s | %.0f | %.0f | %.1f | %.0f | %.0f |\n", p.Name, exchange.name,
				m(func(f secure.Figures) float64 { return f.Idle }), m(func(f secure.Figures) float64 { return f.IdleLarge }),
				m(func(f secure.Figures) float64 { return f.Message }), m(func(f secure.Figures) float64 { return f.Large }),
				m(func(f secure.Figures) float64 { return f.Handshakes }))
		}
	}
	return nil
}

// measure starts a server, and ends it.
func (cfg *tlsConfig) measure(ctx context.Context, program, cert, key string) (secure.Figures, error) {
	if ctx.Err() != nil {
		return secure.Figures{}, ctx.Err()
	}
	s, err := proc.Start(program, "-cert", cert, "-key", key)
	if err != nil {
		return secure.Figures{}, err
	}
	figures, err := cfg.plan.Measure(s)
	return figures, errors.Join(err, s.Stop(5*time.Second))
}

func median(all []secure.Figures, of func(secure.Figures) float64) float64 {
	var values []float64
	for _, f := range all {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// certify writes a certificate for 127.0.0.1 and its key.
func certify(certFile, keyFile string) (*x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	trust := x509.NewCertPool()
	trust.AddCert(cert)
	return trust, errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}
