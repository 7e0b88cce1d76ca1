package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"log"
	"os"
	"sync"
	"time"
)

// certificate is read from files, and again when they have changed: whoever
// renews it need not restart the server.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex
	looked  time.Time // when the files were looked at last
	changed time.Time // when they had changed last then
	current *tls.Certificate
}

// lookAgain is how often the files are looked at, at most.
const lookAgain = time.Second

func (c *certificate) flags() {
	flag.StringVar(&c.certFile, "cert", "", "`file` with the certificate, and those of its issuers: serve wss; read again when it changes")
	flag.StringVar(&c.keyFile, "key", "", "`file` with the certificate's key")
}

// config gives the configuration for wss, nil if there are no files.
func (c *certificate) config() (*tls.Config, error) {
	if c.certFile == "" && c.keyFile == "" {
		return nil, nil
	}
	if c.certFile == "" || c.keyFile == "" {
		return nil, errors.New("-cert and -key go together")
	}
	if err := c.load(); err != nil {
		return nil, err
	}
	return &tls.Config{GetCertificate: c.get}, nil
}

// get gives the certificate. It is called for each handshake, and keeps the one
// it has if the files cannot be read: they may be about to be replaced.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) > lookAgain {
		if err := c.load(); err != nil {
			log.Print("echo: going on with the certificate before: ", err)
		}
	}
	return c.current, nil
}

// load reads the files if they have changed.
func (c *certificate) load() error {
	c.looked = time.Now()
	changed, err := lastChange(c.certFile, c.keyFile)
	if err != nil || changed.Equal(c.changed) {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.current, c.changed = &pair, changed
	return nil
}

func lastChange(files ...string) (last time.Time, err error) {
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return last, err
		}
		if info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last, nil
}
