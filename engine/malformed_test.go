package engine_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/internal/malformed"
)

// What clients that break the rules get from a running server: the close code
// or status that an oracle says, whole, and behind it the end of the stream and
// no reset, while their neighbours notice nothing.

// hostile gives the number of connections: of 14,000 more than 10,000 break a
// rule.
func hostile() int {
	if engine.RaceEnabled { // which makes them several times slower
		return 14_000 / 8
	}
	return 14_000
}

func TestMalformedStreamsOverTCP(t *testing.T) {
	limits := []malformed.Limits{malformed.Small, malformed.Large}
	servers := map[malformed.Limits]*ground{}
	for _, l := range limits {
		servers[l] = newGround(t, engine.Options{Loops: 2, MaxMessage: l.MaxMessage, MaxFragments: l.MaxFragments})
	}
	var bad atomic.Int64
	ends := map[int]int{}
	attack(func(attacks chan<- func()) {
		for s := range malformed.Streams(hostile()) {
			ends[endOf(s.Want)]++
			attacks <- func() {
				if s.Want.Fault != "" {
					bad.Add(1)
				}
				got, err := servers[s.Limits].visit(append([]byte(request), s.Bytes...), s.Want.Code == 0)
				if want := answered(s.Want); err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: got %.500q, %v\nwant %.500q\nlimits %+v\nregression test: []byte(%q)", s.Kind, got, err, want, s.Limits, s.Bytes)
				}
			}
		}
	})
	told := map[int]int{}
	for _, g := range servers {
		for code, n := range g.leave(t) {
			told[code] += n
		}
	}
	if !maps.Equal(told, ends) {
		t.Errorf("OnClose was called with %v, want %v", told, ends)
	}
	if n := int(bad.Load()); n < hostile()*10/14 {
		t.Errorf("only %d of %d streams were malformed", n, hostile())
	}
}

// With Workers, what came before may be answered or not when a peer closes.
func TestMalformedStreamsOnWorkers(t *testing.T) {
	l := malformed.Small
	g := newGround(t, engine.Options{Loops: 2, Workers: 4, Mailbox: 4, MaxMessage: l.MaxMessage, MaxFragments: l.MaxFragments})
	ends := map[int]int{}
	attack(func(attacks chan<- func()) {
		for s := range malformed.Streams(hostile() / 8) {
			if s.Limits != l {
				continue
			}
			ends[endOf(s.Want)]++
			attacks <- func() {
				got, err := g.visit(append([]byte(request), s.Bytes...), s.Want.Code == 0)
				want := answered(s.Want)
				if err != nil || !isShort(got, want) {
					t.Errorf("%s: got %.500q, %v\nwant %.500q\nregression test: []byte(%q)", s.Kind, got, err, want, s.Bytes)
				}
			}
		}
	})
	if told := g.leave(t); !maps.Equal(told, ends) {
		t.Errorf("OnClose was called with %v, want %v", told, ends)
	}
}

func TestMalformedRequestsOverTCP(t *testing.T) {
	g := newGround(t, engine.Options{
		Loops: 2, MaxHead: malformed.MaxHead, MaxHeaders: malformed.MaxHeaders, Subprotocols: malformed.Subprotocols,
	})
	var bad, accepted atomic.Int64
	attack(func(attacks chan<- func()) {
		for r := range malformed.Requests(hostile()) {
			attacks <- func() {
				if r.Status == 101 {
					accepted.Add(1)
				} else {
					bad.Add(1)
				}
				if err := g.request(r); err != nil {
					t.Errorf("%s, want status %d: %v\nregression test: []byte(%q)", r.Kind, r.Status, err, r.Bytes)
				}
			}
		}
	})
	if told := g.leave(t); !maps.Equal(told, map[int]int{1000: int(accepted.Load())}) {
		t.Errorf("OnClose was called with %v, want 1000 %d times", told, accepted.Load())
	}
	few := int(bad.Load()) < hostile()*10/14 || int(accepted.Load()) < hostile()*3/14
	if st := g.Stats(); few || st.Refused != uint64(bad.Load()) {
		t.Errorf("%d malformed requests, %d others, %d refused", bad.Load(), accepted.Load(), st.Refused)
	}
}

// attack makes attacks, some of them at the same time.
func attack(prepare func(chan<- func())) {
	attacks := make(chan func())
	var clients sync.WaitGroup
	for range 32 {
		clients.Go(func() {
			for a := range attacks {
				a()
			}
		})
	}
	prepare(attacks)
	close(attacks)
	clients.Wait()
}

// ground is an echo server with well-behaved clients, one on each loop.
type ground struct {
	*running
	over       chan struct{} // closed: the neighbours leave
	neighbours []chan error
	visits     atomic.Uint64

	mu   sync.Mutex
	ends map[int]int // close codes
}

func newGround(t *testing.T, o engine.Options) *ground {
	g := &ground{over: make(chan struct{}), ends: map[int]int{}}
	g.running = serve(t, engine.HandlerFuncs{Message: echo, Close: g.closed}, o)
	for range o.Loops {
		p := open(t, g.running)
		done := make(chan error, 1)
		g.neighbours = append(g.neighbours, done)
		go func() { done <- g.neighbour(p) }()
	}
	return g
}

func (g *ground) closed(_ *engine.Conn, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ends[int(err.(*engine.CloseError).Code)]++
}

// ended counts the calls of OnClose.
func (g *ground) ended() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range g.ends {
		n += k
	}
	return n
}

// neighbour exchanges messages until all is over.
func (g *ground) neighbour(p *peer) error {
	var wire []byte
	for i := 0; ; i++ {
		select {
		case <-g.over:
			return nil
		default:
		}
		p.SetDeadline(time.Now().Add(patience))
		sent := fmt.Sprint("message ", i)
		if _, err := io.WriteString(p.Conn, text(sent)); err != nil {
			return err
		}
		want := string(codec.AppendFrame(nil, codec.Text, []byte(sent)))
		wire = slices.Grow(wire[:0], len(want))[:len(want)]
		if _, err := io.ReadFull(p.Conn, wire); err != nil || string(wire) != want {
			return fmt.Errorf("got %q, %v, want %q", wire, err, want)
		}
	}
}

// leave waits until all is over, and gives how often OnClose came with each
// code. Only the neighbours are still there.
func (g *ground) leave(t *testing.T) map[int]int {
	t.Helper()
	eventually(t, "the connections to go, and OnClose to come", func() bool {
		st := g.Stats()
		return st.Connections == int64(len(g.neighbours)) && int(st.Opened)-len(g.neighbours) == g.ended()
	})
	g.mu.Lock()
	told := maps.Clone(g.ends)
	g.mu.Unlock()
	close(g.over)
	for _, done := range g.neighbours {
		if err := receive(t, "a neighbour", done); err != nil {
			t.Errorf("a neighbour was harmed: %v", err)
		}
	}
	if st := g.Stats(); st.Panics != 0 || st.Open != int64(len(g.neighbours)) {
		t.Errorf("stats: %+v", st)
	}
	return told
}

// exchange sends bytes, whole or in pieces, and gives all that comes until the
// end of the stream. There must be no reset.
func (g *ground) exchange(b []byte, end bool) (answer []byte, err error) {
	nc, err := net.Dial(g.addr.Network(), g.addr.String())
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	n := g.visits.Add(1)
	rng := rand.New(rand.NewPCG(n, 0))
	for len(b) > 0 {
		size := len(b)
		switch {
		case n%32 == 0 && len(b) < 1000:
			size = 1
		case n%2 == 0:
			size = 1 + rng.IntN(len(b))
		}
		if _, err := nc.Write(b[:size]); err != nil {
			return nil, err
		}
		b = b[size:]
	}
	if end {
		nc.(*net.TCPConn).CloseWrite()
	}
	return io.ReadAll(nc)
}

// visit opens a connection and sends a stream at once, and gives the frames
// that come back.
func (g *ground) visit(b []byte, end bool) (frames []string, err error) {
	answer, err := g.exchange(b, end)
	if err != nil {
		return nil, err
	}
	head, rest, ok := bytes.Cut(answer, []byte("\r\n\r\n"))
	if !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		return nil, fmt.Errorf("answered with %q", answer)
	}
	d := codec.NewDecoder(clientSide)
	defer d.Release()
	for len(rest) > 0 {
		op, payload, n, err := d.Next(rest)
		if err != nil || op == 0 {
			return frames, fmt.Errorf("opcode %d, %v in %q", op, err, rest)
		}
		rest = rest[n:]
		if op == codec.Close {
			if len(rest) > 0 {
				err = errors.New("something behind the Close frame")
			}
			code, _, _ := codec.ParseClosePayload(payload)
			return append(frames, fmt.Sprint("close ", int(code))), err
		}
		frames = append(frames, fmt.Sprintf("%d %s", op, payload))
	}
	return append(frames, "no close"), nil
}

// answered gives what an echo server answers, as visit gives it.
func answered(v malformed.Verdict) (frames []string) {
	for _, f := range v.Frames {
		switch f.Opcode {
		case malformed.Text, malformed.Binary:
			frames = append(frames, fmt.Sprintf("%d %s", f.Opcode, f.Payload))
		case malformed.Ping:
			frames = append(frames, fmt.Sprintf("%d %s", malformed.Pong, f.Payload))
		}
	}
	if v.Code == 0 {
		return append(frames, "no close")
	}
	return append(frames, fmt.Sprint("close ", v.Code))
}

// endOf gives the code with which OnClose is called.
func endOf(v malformed.Verdict) int {
	if v.Code == 0 {
		return int(codec.CloseAbnormal)
	}
	return v.Code
}

// isShort tells that answers are those that are wanted, but that messages may be
// missing before the end, and that pongs overtake messages.
func isShort(got, want []string) bool {
	gotPongs, got := pongs(got)
	wantPongs, want := pongs(want)
	last := len(got) - 1
	return slices.Equal(gotPongs, wantPongs) && last >= 0 && last < len(want) &&
		slices.Equal(got[:last], want[:last]) && got[last] == want[len(want)-1]
}

// pongs parts the pongs from the other frames.
func pongs(frames []string) (pongs, others []string) {
	for _, f := range frames {
		if strings.HasPrefix(f, "10 ") {
			pongs = append(pongs, f)
		} else {
			others = append(others, f)
		}
	}
	return pongs, others
}

// request makes a request and checks the answer.
func (g *ground) request(r malformed.Request) error {
	answer, err := g.exchange(r.Bytes, false)
	if err != nil {
		return err
	}
	in := bufio.NewReader(bytes.NewReader(answer))
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return fmt.Errorf("%w: %q", err, answer)
	}
	if resp.StatusCode != r.Status {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	var body []byte
	if r.Status != 101 {
		if body, err = io.ReadAll(resp.Body); err != nil || len(body) == 0 || !resp.Close {
			return fmt.Errorf("body %q, %v, close %v", body, err, resp.Close)
		}
	}
	behind, _ := io.ReadAll(in)
	want := map[int]http.Header{
		101: {"Sec-Websocket-Accept": {accept(r)}, "Upgrade": {"websocket"}},
		405: {"Allow": {"GET"}},
		426: {"Sec-Websocket-Version": {"13"}, "Upgrade": {"websocket"}},
	}[r.Status]
	for name, values := range want {
		if !slices.Equal(resp.Header[name], values) {
			return fmt.Errorf("%s is %q, want %q", name, resp.Header[name], values)
		}
	}
	executed := ""
	if r.Status == 101 {
		executed = string(codec.AppendFrame(nil, codec.Text, []byte("executed"))) + string(codec.AppendClose(nil, codec.CloseNormal, ""))
	}
	if string(behind) != executed {
		return fmt.Errorf("behind the answer comes %q, want %q", behind, executed)
	}
	return nil
}

// accept gives the Sec-WebSocket-Accept for a request, RFC 6455 section 4.2.2.
func accept(r malformed.Request) string {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Bytes)))
	if err != nil {
		return ""
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
