package engine

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// dialTLS is a Dialer's configuration for wss.
type dialTLS struct {
	config *tls.Config
	named  atomic.Pointer[tls.Config] // of the host that was dialed last
}

// dialConfig completes DialOptions.TLSConfig. To renegotiate would be to wait
// for the server, on a loop.
func dialConfig(config *tls.Config) *tls.Config {
	config = withALPN(config)
	config.Renegotiation = tls.RenegotiateNever
	return config
}

// forHost gives the configuration for a host. Connections that are dialed to
// the same one share it.
func (d *dialTLS) forHost(name string) *tls.Config {
	if d.config.ServerName != "" {
		return d.config
	}
	if last := d.named.Load(); last != nil && last.ServerName == name {
		return last
	}
	config := d.config.Clone()
	config.ServerName = name
	d.named.Store(config)
	return config
}

// shake does a client's TLS handshake, on the goroutine that dials. nc's socket
// can be put on a loop afterwards: nothing is read beyond the handshake.
func (d *Dialer) shake(ctx context.Context, nc net.Conn, name string) (*tlsState, error) {
	var failed error
	t := &tlsState{shake: new(tlsShake)}
	t.adopt(d.settings.profiles[0])
	t.conn = tls.Client(t, d.tls.forHost(name))
	t.shake.wait = func() bool {
		failed = t.exchange(nc)
		return failed == nil
	}
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	err := t.conn.Handshake()
	if failed != nil {
		return nil, failed
	}
	if _, werr := nc.Write(t.takeOut()); err == nil { // an alert, if it failed
		err = werr
	}
	t.shake, t.established = nil, true
	return t, err
}

// exchange sends what was written, and reads a record.
func (t *tlsState) exchange(nc net.Conn) error {
	if _, err := nc.Write(t.takeOut()); err != nil {
		return err
	}
	record := make([]byte, recordHeader, maxRecord)
	if _, err := io.ReadFull(nc, record); err != nil {
		return err
	}
	record = record[:recordSize(record)] // the header alone, if it is none
	_, err := io.ReadFull(nc, record[recordHeader:])
	t.in = record
	return err
}
