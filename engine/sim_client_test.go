package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/sim"
	"github.com/sockeye-ws/sockeye/handshake"
)

// simClient is a client made of the codec, with sockets of the simulator.
type simClient struct {
	w       *world
	number  int
	plan    plan
	addr    netip.Addr
	all     [][]byte // messages of the plan
	lazy    bool     // reads only when it cannot write
	tries   int
	retry   time.Duration // to wait before the next one
	wakeAt  int64         // when it goes on by itself, or -1
	request handshake.ClientRequest
	decoder *codec.Decoder
	proxied bool // comes through a proxy
	claims  bool // claims an address that it has not
	simAttempt
}

// simAttempt is one connection of a client, which may be refused.
type simAttempt struct {
	fd       int
	link     *sim.Link
	out      []byte   // to be written
	messages [][]byte // to be sent
	sent     [][]byte // encoded, at least into out
	frames   int      // of them and of control frames
	bytes    int      // likewise
	echoes   int      // received, or passed over: the next is to be one of sent[echoes:]
	echoed   int      // received
	got      pushes
	gone     bool   // its descriptor is closed
	head     []byte // of the response, until it is complete
	open     bool
	ending   bool // the last act of the plan is in out
	finished bool // our stream is ended
	waits    int  // of a stall
	inert    bool // does nothing any more
	eof      bool
	failed   bool // a system call failed: the connection was reset
	code     codec.CloseCode
	deflate  simDeflate
	tls      *simTLS // nil: none
	fin      bool    // that our stream is ended has been sent
}

func newSimClient(w *world, number int) *simClient {
	r := w.sys.Rand
	c := &simClient{
		w: w, number: number, plan: plan(r.IntN(int(plans))), wakeAt: -1, lazy: once(r, 3),
		addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(number % w.addresses)}),
	}
	key := binary.BigEndian.AppendUint64(make([]byte, 8), r.Uint64())
	c.request = handshake.ClientRequest{Host: "sim", Target: "/", Key: base64.StdEncoding.EncodeToString(key), Subprotocols: []string{"other", "sim"}, Deflate: w.offer()}
	c.introduce(r)
	for n := range r.IntN(w.messages) {
		size := r.IntN(w.size)
		switch r.IntN(12) {
		case 0:
			size = r.IntN(w.MaxMessage)
		case 1:
			size = 0
		}
		m := bytes.Repeat(fmt.Appendf(nil, "client %d message %d;", number, n), size/16+1)
		c.all = append(c.all, m[:size])
	}
	c.decoder = codec.NewDecoder(&codec.Config{Role: codec.Client})
	c.begin()
	return c
}

// begin prepares a connection.
func (c *simClient) begin() {
	c.decoder.Reset(&codec.Config{Role: codec.Client})
	c.deflate.release()
	c.tls.close()
	c.simAttempt = simAttempt{fd: -1, messages: c.all, got: newPushes()}
	c.out, _ = handshake.AppendRequest(nil, &c.request)
	if c.plan == halfRequest {
		c.out = c.out[:1+c.w.sys.Rand.IntN(len(c.out)-1)]
		c.messages, c.ending = nil, true
	}
	if !c.w.secure {
		c.out = append(c.proxyHeader(), c.out...)
	}
}

// again is the end of a connection that was not taken: as clients do, it tries
// again a little later.
func (c *simClient) again() {
	c.hangUp()
	c.tries++
	switch {
	case c.w.drained || c.link.Harmed:
		c.failed = true
		return
	case c.tries > 100*len(c.w.clients): // with MaxConns of 1 each of the others may have its time before
		c.w.fail("client %d: refused %d times", c.number, c.tries)
	}
	c.retry = min(max(2*c.retry, 10*time.Millisecond), 20*time.Second)
	c.wakeAt = c.w.sys.Now() + int64(c.retry)
	c.begin()
}

// done tells that nothing more comes from the client, nor to it.
func (c *simClient) done() bool {
	return c.eof || c.failed || (c.inert || c.plan == stall && c.open) && (c.link.Closed || !c.link.Accepted && c.link.Reset)
}

// wakes gives the time at which the client goes on by itself, or -1.
func (c *simClient) wakes() int64 {
	now := c.w.sys.Now()
	switch {
	case c.done():
		return -1
	case c.fd < 0:
		return max(c.wakeAt, now) // to connect
	case c.wakeAt < now:
		return -1
	}
	return c.wakeAt
}

// step does a little of everything.
func (c *simClient) step() {
	if c.done() || c.wakeAt > c.w.sys.Now() && !c.reads() {
		return
	}
	if c.fd < 0 {
		c.connect()
		return
	}
	if c.inert {
		return
	}
	r := c.w.sys.Rand
	// A client may send before it has the response only what it may take back:
	// frames follow the request at once here, as some clients do.
	if len(c.messages) > 0 && (c.w.sys.Calm || r.IntN(2) == 0) {
		c.encode(c.messages[0])
		c.messages = c.messages[1:]
	}
	if len(c.messages) == 0 && !c.ending {
		c.conclude()
	}
	c.write()
	if (c.plan != stall || !c.open) && (!c.lazy || len(c.messages) == 0 || c.unsent()) {
		c.read()
	}
	c.disappear()
}

func (c *simClient) connect() {
	switch {
	case c.w.drained:
		c.failed, c.gone = true, true // too late
	case c.w.sys.Calm || c.w.sys.Rand.IntN(20) == 0:
		c.fd, c.link = c.w.sys.Connect(c.w.listening, c.number, c.peer())
		if c.w.secure {
			c.tls = newSimTLS(c.w.sys.Rand)
			c.tls.out = append(c.proxyHeader(), c.tls.out...)
		}
	}
}

func (c *simClient) mask() (m [4]byte) {
	binary.LittleEndian.PutUint32(m[:], c.w.sys.Rand.Uint32())
	return m
}

// encode sends a message in one or more frames, with pings in between.
func (c *simClient) encode(m []byte) {
	r := c.w.sys.Rand
	c.sent = append(c.sent, m)
	payload, rsv := c.deflate.append(m, r)
	op := codec.Text
	for rest := payload; ; op, rsv = codec.Continuation, 0 {
		n := len(rest)
		if r.IntN(4) == 0 {
			n = r.IntN(n + 1)
		}
		if r.IntN(10) == 0 {
			c.out = codec.AppendMaskedPing(c.out, []byte("ping"), c.mask())
			c.frames++
		}
		last := n == len(rest)
		c.appendFrame(codec.Header{Fin: last, Rsv: rsv, OpCode: op}, rest[:n])
		if rest = rest[n:]; last {
			c.frames++
			return
		}
	}
}

func (c *simClient) write() {
	c.seal()
	for out := c.wire(); len(*out) > 0; {
		n, e := c.w.sys.Write(c.fd, *out)
		if e != 0 {
			c.failed = c.failed || e == syscall.EPIPE
			break
		}
		if c.tls == nil {
			c.bytes += n
		}
		*out = (*out)[n:]
	}
	if len(c.out) == 0 && c.ending && c.plan == halfClose && !c.finished {
		c.finished = true
		c.endStream()
	}
	if c.finished && !c.fin && len(*c.wire()) == 0 {
		c.fin = true
		c.w.sys.CloseWrite(c.fd)
	}
	if c.failed && !c.open {
		c.again()
	}
}

func (c *simClient) hangUp() {
	if !c.gone && c.fd >= 0 {
		c.gone = true
		c.w.sys.Close(c.fd)
	}
}
