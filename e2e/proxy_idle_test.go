package e2e

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// A silent connection outlives the proxy's timeout by the server's pings.
func TestProxyKeepsAlive(t *testing.T) {
	t.Parallel()                 // with those that take their time as well
	const idle = 3 * time.Second // so that a ping comes every 1.5 s
	for _, c := range openBeyond(t, startEcho(t, "-idle-timeout", idle.String())) {
		first := receive(t, c.pings)
		for receive(t, c.pings).Sub(first) <= proxyIdle {
		}
		c.expectAlive(t)
	}
}

// One whose client alone sends something does without them.
func TestProxyHearsClients(t *testing.T) {
	t.Parallel()
	clients := openBeyond(t, startEcho(t))
	stop := make(chan struct{})
	for _, c := range clients {
		go c.pongs(stop)
	}
	time.Sleep(proxyIdle * 3 / 2) // the time that a connection shall survive
	close(stop)
	for _, c := range clients {
		if n := len(c.pings); n > 0 {
			t.Errorf("%s: %d pings came", c.name, n)
		}
		c.expectAlive(t)
	}
}

// proxyIdle is how long a connection through openBeyond may be silent.
const proxyIdle = 4 * time.Second

// openBeyond opens connections to a server through each proxy in each way.
func openBeyond(t *testing.T, srv *server) (all []*pinged) {
	for _, b := range brands {
		p := b.start(t, srv.addr, setTo(b.idleTimeout, proxyIdle.String())...)
		for _, w := range []way{p.plain(), p.encrypted()} {
			all = append(all, openPinged(t, b.name+" "+w.url, w))
		}
	}
	return all
}

// The control: without pings in time the proxy cuts, and no Close frame comes.
func TestProxyCutsIdle(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	srv := startEcho(t)
	withEachProxy(t, func(t *testing.T, b brand) {
		p := b.start(t, srv.addr, setTo(b.idleTimeout, limit.String())...)
		clients := []client{}
		for _, w := range []way{p.plain(), p.encrypted()} {
			clients = append(clients, libraries[0].open(t, w.url, w.dialOptions))
		}
		for _, c := range clients {
			echo(t, c, numbered(1))
		}
		since := time.Now()
		for _, c := range clients {
			expectCut(t, c)
			if took := time.Since(since); took < limit/2 {
				t.Errorf("cut after %v already, not after %v of silence", took, limit)
			}
		}
	})
}

// expectCut demands that the connection ends without a Close frame.
func expectCut(t *testing.T, c client) {
	t.Helper()
	m, err := c.read()
	if got, ok := err.(closed); err == nil || ok && got.code != 1006 {
		t.Fatalf("got %v, %v; want the connection cut", m, err)
	}
}

// pinged is a connection that notes when it was pinged.
type pinged struct {
	*websocket.Conn
	name  string
	pings chan time.Time
	next  func() (message, error)
}

// openPatient opens a connection with time for more than one step.
func openPatient(t *testing.T, w way) gorillaClient {
	t.Helper()
	w.life = 4 * patience
	return libraries[0].open(t, w.url, w.dialOptions).(gorillaClient)
}

func openPinged(t *testing.T, name string, w way) *pinged {
	t.Helper()
	c := openPatient(t, w)
	p := &pinged{Conn: c.Conn, name: name, pings: make(chan time.Time, 100)}
	c.SetPingHandler(func(data string) error {
		p.pings <- time.Now()
		return c.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(patience))
	})
	p.next = readLater(c)
	return p
}

// pongs sends pongs that nobody has asked for, and nobody answers.
func (p *pinged) pongs(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(100 * time.Millisecond):
			_ = p.WriteControl(websocket.PongMessage, nil, time.Now().Add(patience))
		}
	}
}

func (p *pinged) expectAlive(t *testing.T) {
	t.Helper()
	want := message{true, []byte("still there?")}
	if err := (gorillaClient{p.Conn}).write(want); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	if got, err := p.next(); err != nil || !got.equal(want) {
		t.Fatalf("%s: got %v, %v", p.name, got, err)
	}
}
