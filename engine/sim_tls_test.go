package engine

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"iter"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"time"
)

// What some seed must bring where there is TLS.
const (
	shaken      = "TLS handshakes"
	turnedAway  = "TLS handshakes that were not taken"
	notifiedEnd = "ends of streams within TLS"
)

// simSuites have records of the same size on any machine; as TLS's keys differ
// from run to run, but no length does, a seed repeats itself all the same.
var simSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}

var simServerTLS = sync.OnceValue(func() *tls.Config {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: from.AddDate(100, 0, 0), DNSNames: []string{"sim"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		panic(err)
	}
	return &tls.Config{
		Certificates:     []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}},
		CipherSuites:     simSuites,
		CurvePreferences: []tls.CurveID{tls.X25519},
	}
})

// securing chooses whether the server speaks TLS. A handshake takes some of its
// memory.
func (f *simFeatures) securing(r *mathrand.Rand) {
	if f.secure = once(r, 4); f.secure && f.MaxMemory > 0 {
		f.MaxMemory += 128 << 10
	}
}

// tlsConfig gives the server's configuration, nil without TLS.
func (w *world) tlsConfig() *tls.Config {
	if !w.secure {
		return nil
	}
	return simServerTLS()
}

// simHandshakers does the server's handshakes when the world likes.
type simHandshakers struct {
	random *mathrand.Rand
	work   []func()
}

// hireHandshakers makes s have simulated ones.
func hireHandshakers(r *mathrand.Rand, s *Server) *simHandshakers {
	h := &simHandshakers{random: r}
	s.shakers = newHandshakers(1 + r.IntN(3))
	s.shakers.start = func(work func()) { h.work = append(h.work, work) }
	return h
}

// step lets some of them work, all if it is calm, and tells whether any did.
func (h *simHandshakers) step(calm bool) (worked bool) {
	for len(h.work) > 0 && (calm || h.random.IntN(3) > 0) {
		work := h.work[0]
		h.work, worked = h.work[1:], true
		work()
	}
	return worked
}

// simTLS is a client's TLS, over memory. It is the transport of its conn.
type simTLS struct {
	conn *tls.Conn
	in   []byte // received, and not read by conn
	out  []byte // written by conn, to be sent
	buf  []byte // what is received is decrypted to

	next  func() (struct{}, bool) // goes on with the handshake
	stop  func()
	yield func(struct{}) bool // in the handshake: waits for more
	over  bool
	ended bool // the server's stream
	err   error
}

// newSimTLS makes that of a client's connection, whose hello is in out.
func newSimTLS(r *mathrand.Rand) *simTLS {
	t := &simTLS{buf: make([]byte, 32<<10)}
	version := uint16(tls.VersionTLS13)
	if once(r, 3) {
		version = tls.VersionTLS12
	}
	t.conn = tls.Client(t, &tls.Config{
		InsecureSkipVerify: true, ServerName: "sim", MinVersion: version, MaxVersion: version,
		CipherSuites: simSuites, CurvePreferences: []tls.CurveID{tls.X25519},
	})
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		t.err = t.conn.Handshake()
		t.yield, t.over = nil, t.err == nil
	})
	t.next()
	return t
}

// close ends a handshake under way. A nil one has none.
func (t *simTLS) close() {
	if t != nil {
		t.stop()
	}
}

// receive gives what the bytes that came have brought, valid until the next
// call.
func (t *simTLS) receive(b []byte) (plain []byte, err error) {
	t.in = append(t.in, b...)
	for !t.over && t.err == nil && len(t.in) > 0 {
		t.next()
	}
	if !t.over {
		return nil, t.err
	}
	for n := 0; ; plain = t.buf[:len(plain)+n] {
		if len(plain) == len(t.buf) {
			t.buf = append(t.buf, make([]byte, len(t.buf))...)
		}
		switch n, err = t.conn.Read(t.buf[len(plain):]); err {
		case nil:
		case io.EOF:
			t.ended = true
			return t.buf[:len(plain)+n], nil
		case error(errAgain{}):
			return t.buf[:len(plain)+n], nil
		default:
			return nil, err
		}
	}
}

func (t *simTLS) Read(p []byte) (n int, err error) {
	for len(t.in) == 0 {
		if t.yield == nil {
			return 0, errAgain{}
		}
		if !t.yield(struct{}{}) {
			return 0, io.ErrUnexpectedEOF
		}
	}
	n = copy(p, t.in)
	t.in = t.in[n:]
	return n, nil
}

func (t *simTLS) Write(p []byte) (int, error) {
	t.out = append(t.out, p...)
	return len(p), nil
}

func (t *simTLS) Close() error                     { return nil }
func (t *simTLS) LocalAddr() net.Addr              { return nil }
func (t *simTLS) RemoteAddr() net.Addr             { return nil }
func (t *simTLS) SetDeadline(time.Time) error      { return nil }
func (t *simTLS) SetReadDeadline(time.Time) error  { return nil }
func (t *simTLS) SetWriteDeadline(time.Time) error { return nil }

// seal seals some of what is to be sent, in some records.
func (c *simClient) seal() {
	t, r := c.tls, c.w.sys.Rand
	for t != nil && t.over && len(c.out) > 0 && len(t.out) < 16<<10 {
		n := c.w.sys.Some(len(c.out))
		if _, err := t.conn.Write(c.out[:n]); err != nil {
			c.w.fail("client %d: TLS: %v", c.number, err)
			return
		}
		c.bytes += n
		if c.out = c.out[n:]; once(r, 3) {
			return
		}
	}
}

// wire is what is to be written to the socket.
func (c *simClient) wire() *[]byte {
	if c.tls != nil {
		return &c.tls.out
	}
	return &c.out
}

// unsent tells that there is something to be written yet.
func (c *simClient) unsent() bool { return len(c.out) > 0 || len(*c.wire()) > 0 }

// unseal gives what b brings.
func (c *simClient) unseal(b []byte) []byte {
	if c.tls == nil {
		return b
	}
	plain, err := c.tls.receive(b)
	if err != nil {
		c.w.fail("client %d, %v: TLS: %v", c.number, c.plan, err)
	}
	return plain
}

// endStream ends our stream within TLS, as some clients do first.
func (c *simClient) endStream() {
	if c.tls != nil && once(c.w.sys.Rand, 2) {
		c.w.saw[notifiedEnd]++
		c.tls.conn.CloseWrite()
	}
}

// checkTLS sees to it that the handshakes are counted.
func (w *world) checkTLS(st Stats) {
	if !w.secure {
		return
	}
	if st.TLSHandshakes < st.Opened || st.TLSHandshakes+st.TLSFailed > st.Accepted {
		w.fail("stats: %d TLS handshakes, %d have failed, %d connections were opened of %d", st.TLSHandshakes, st.TLSFailed, st.Opened, st.Accepted)
	}
	w.saw[shaken] += int(st.TLSHandshakes)
	w.saw[turnedAway] += int(st.TLSFailed)
}
