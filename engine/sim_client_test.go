package engine

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

const maxSimMessage = 64 << 10

// plan is how a simulated client behaves once it has sent its messages.
type plan int

const (
	closeLast   plan = iota // reads all echoes, then closes
	closeAtOnce             // sends a Close frame right behind its messages
	halfClose               // ends its stream and reads its answers
	askToClose              // has the server close
	askToPanic              // has the handler panic
	violate                 // breaks the protocol
	resetMiddle             // is gone in the middle
	vanish                  // stops reading and writing
	plans
)

// simClient is a client made of the codec, with sockets of the simulator.
type simClient struct {
	w        *world
	plan     plan
	fd       int
	out      []byte   // to be written
	messages [][]byte // to be sent
	sent     [][]byte // encoded, at least into out
	echoes   int      // received and right
	pushes   int      // likewise
	lazy     bool     // reads only when it cannot write
	gone     bool     // its descriptor is closed
	request  handshake.ClientRequest
	head     []byte // of the response, until it is complete
	open     bool
	decoder  *codec.Decoder
	ending   bool // the last act of the plan is in out
	finished bool // our stream is ended
	vanished bool
	eof      bool
	failed   bool // a system call failed: the connection was reset
	code     codec.CloseCode
}

func newSimClient(w *world, i, messages int) *simClient {
	r := w.sys.Rand
	c := &simClient{w: w, fd: -1, plan: plan(r.IntN(int(plans))), decoder: codec.NewDecoder(&codec.Config{Role: codec.Client})}
	c.request = handshake.ClientRequest{Host: "sim", Target: "/", Key: handshake.NewKey(), Subprotocols: []string{"other", "sim"}}
	c.out, _ = handshake.AppendRequest(nil, &c.request)
	c.lazy = r.IntN(3) == 0
	bulk := r.IntN(4) == 0
	for n := range messages {
		size := r.IntN(200)
		switch k := r.IntN(12); {
		case k == 0 || bulk:
			size = r.IntN(maxSimMessage)
		case k == 1:
			size = 0
		}
		m := bytes.Repeat(fmt.Appendf(nil, "client %d message %d;", i, n), size/16+1)
		c.messages = append(c.messages, m[:size])
	}
	return c
}

func (c *simClient) done() bool { return c.eof || c.failed }

// step does a little of everything.
func (c *simClient) step() {
	r := c.w.sys.Rand
	if c.fd < 0 && (c.w.drained || r.IntN(20) == 0) {
		c.connect()
	}
	if c.vanished || c.fd < 0 || c.done() {
		return
	}
	// A client may send before it has the response only what it may take back:
	// frames follow the request at once here, as some clients do.
	if len(c.messages) > 0 && r.IntN(2) == 0 {
		c.encode(c.messages[0])
		c.messages = c.messages[1:]
	}
	if len(c.messages) == 0 && !c.ending {
		c.conclude()
	}
	c.write()
	if !c.lazy || len(c.messages) == 0 || len(c.out) > 0 {
		c.read()
	}
	if c.plan == resetMiddle && r.IntN(40) == 0 || c.plan == vanish && r.IntN(40) == 0 {
		c.vanished, c.failed = c.plan == vanish, c.plan == resetMiddle
		if c.failed {
			c.hangUp()
		}
	}
}

func (c *simClient) connect() {
	if c.w.drained {
		c.failed, c.gone = true, true // too late
		return
	}
	c.fd = c.w.sys.Connect(c.w.listening)
}

// encode sends a message in one or more frames, with pings in between.
func (c *simClient) encode(m []byte) {
	r := c.w.sys.Rand
	c.sent = append(c.sent, m)
	op := codec.Text
	for rest := m; ; op = codec.Continuation {
		n := len(rest)
		if r.IntN(4) == 0 {
			n = r.IntN(n + 1)
		}
		if r.IntN(10) == 0 {
			c.out = codec.AppendMaskedPing(c.out, []byte("ping"), newMask())
		}
		last := n == len(rest)
		c.out = codec.AppendMaskedFragment(c.out, op, last, rest[:n], newMask())
		if rest = rest[n:]; last {
			return
		}
	}
}

// conclude does the last act of the plan, if its time has come.
func (c *simClient) conclude() {
	switch c.plan {
	case closeLast:
		if c.echoes < len(c.sent) {
			return
		}
		c.out = codec.AppendMaskedClose(c.out, 3001, "bye", newMask())
	case closeAtOnce:
		c.out = codec.AppendMaskedClose(c.out, 3001, "bye", newMask())
	case askToClose:
		c.out = codec.AppendMaskedFrame(c.out, codec.Text, []byte("close please"), newMask())
	case askToPanic:
		c.out = codec.AppendMaskedFrame(c.out, codec.Text, []byte("panic please"), newMask())
	case violate:
		c.out = append(c.out, 0x83, 0x80, 0, 0, 0, 0) // a reserved opcode
		c.out = append(c.out, make([]byte, 5000)...)  // and on it goes
	}
	c.ending = true
}

func (c *simClient) write() {
	for len(c.out) > 0 {
		n, e := c.w.sys.Write(c.fd, c.out)
		if e != 0 {
			c.failed = c.failed || e == syscall.EPIPE
			break
		}
		c.out = c.out[n:]
	}
	if len(c.out) == 0 && c.ending && c.plan == halfClose && !c.finished {
		c.finished = true
		c.w.sys.CloseWrite(c.fd)
	}
}

func (c *simClient) read() {
	b := make([]byte, 1+c.w.sys.Rand.IntN(32<<10))
	n, e := c.w.sys.Read(c.fd, b)
	switch {
	case e == syscall.ECONNRESET:
		c.failed = true
	case e != 0:
	case n == 0:
		c.eof = true
	default:
		c.receive(b[:n])
	}
}

func (c *simClient) receive(b []byte) {
	if !c.open {
		c.head = append(c.head, b...)
		var response handshake.Response
		n, err := response.Parse(c.head, handshake.Limits{})
		if c.w.drained && n > 0 && response.Status() == 503 {
			c.eof = true
			return
		}
		if err == nil && n > 0 {
			err = response.Check(&c.request)
		}
		if err != nil {
			c.w.fail("handshake: %v", err)
		}
		if n == 0 || err != nil {
			return
		}
		c.open = true
		b = c.head[n:]
	}
	for len(b) > 0 {
		op, p, n, err := c.decoder.Next(b)
		if err != nil {
			c.w.fail("the server broke the protocol: %v", err)
			return
		}
		b = b[n:]
		c.handle(op, p)
	}
}

func (c *simClient) handle(op codec.Opcode, p []byte) {
	switch op {
	case codec.Text:
		if c.echoes >= len(c.sent) || !bytes.Equal(p, c.sent[c.echoes]) {
			c.w.fail("echo %d of %d differs", c.echoes, len(c.sent))
		}
		c.echoes++
	case codec.Binary:
		if !bytes.HasPrefix(p, fmt.Appendf(nil, "%d ", c.pushes)) {
			c.w.fail("push %d is %.20q", c.pushes, p)
		}
		c.pushes++
	case codec.Ping:
		c.out = codec.AppendMaskedPong(c.out, p, newMask())
	case codec.Close:
		c.code, _, _ = codec.ParseClosePayload(p)
		if c.plan != violate && !(c.ending && (c.plan == closeLast || c.plan == closeAtOnce)) {
			c.out = codec.AppendMaskedClose(c.out, c.code, "", newMask())
			c.messages, c.ending = nil, true
		}
	}
}

// want is the close code that the plan must bring, 0 for none.
func (c *simClient) want() codec.CloseCode {
	switch c.plan {
	case closeLast, closeAtOnce:
		return 3001
	case askToClose:
		return 3000
	case askToPanic:
		return codec.CloseInternalError
	case violate:
		return codec.CloseProtocolError
	}
	return 0
}

func (c *simClient) hangUp() {
	if !c.gone {
		c.gone = true
		c.w.sys.Close(c.fd)
	}
}

// finish checks the client's side of the outcome: unless the connection was
// reset, nothing may be missing.
func (c *simClient) finish() {
	c.hangUp()
	c.decoder.Release()
	strict := c.plan != resetMiddle && c.plan != vanish && c.w.sys.Faults == 0 && !c.w.drained && c.w.sys.Descriptors == 0
	if strict && c.failed {
		c.w.fail("plan %d: the connection was reset", c.plan)
	}
	if !strict || c.failed {
		return
	}
	// With workers, the Close frame that ends these plans is answered, or the
	// violation, before all that came earlier is handled.
	early := c.w.workers != nil && (c.plan == closeAtOnce || c.plan == violate)
	if c.echoes != len(c.sent) && !early {
		c.w.fail("plan %d: %d echoes of %d messages", c.plan, c.echoes, len(c.sent))
	}
	if c.code != c.want() {
		c.w.fail("plan %d: close code %v, want %v", c.plan, c.code, c.want())
	}
	c.checkJournal()
}

// checkJournal finds the client's connection by what it sent, and checks what
// its handler was told.
func (c *simClient) checkJournal() {
	for _, j := range c.w.journal {
		if len(c.sent) == 0 || len(j.received) == 0 || len(c.sent[0]) < 16 || !bytes.Equal(j.received[0], c.sent[0]) {
			continue
		}
		if n := len(c.sent); len(j.received) < n || !slices.EqualFunc(j.received[:n], c.sent, bytes.Equal) {
			c.w.fail("plan %d: OnMessage got %d of %d messages, or others", c.plan, len(j.received), n)
		}
		end, ok := errors.AsType[*CloseError](j.err)
		if !ok {
			c.w.fail("OnClose got %T", j.err)
			return
		}
		if want := c.want(); want != 0 && end.Code != want {
			c.w.fail("plan %d: OnClose got %v", c.plan, end)
		}
		if clean := c.plan == closeLast || c.plan == closeAtOnce || c.plan == askToClose; end.Clean != clean {
			c.w.fail("plan %d: clean is %v: %v", c.plan, end.Clean, end)
		}
	}
}
