package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
)

// tap forwards connections to a server and looks at what passes: whether it is
// compressed is not to be seen from either end.
type tap struct {
	url string

	mu             sync.Mutex
	offer, answer  string // Sec-WebSocket-Extensions of the latest handshake
	sent, received traffic
	conns          []net.Conn
	ended          bool
}

// traffic is what went one way, after the handshakes.
type traffic struct {
	frames     int // of data
	messages   int
	compressed int // messages
	bytes      int64
}

// startTap forwards to a URL until the test ends.
func startTap(t *testing.T, url string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{url: "ws://" + l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() { p.accept(l, strings.TrimPrefix(url, "ws://"), &wg) })
	t.Cleanup(func() {
		_ = l.Close()
		p.end()
		wg.Wait()
	})
	return p
}

// end cuts all connections, and those to come.
func (p *tap) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	for _, c := range p.conns {
		_ = c.Close()
	}
}

// track has c cut at the end.
func (p *tap) track(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
	if p.ended {
		_ = c.Close()
	}
}

func (p *tap) accept(l net.Listener, addr string, wg *sync.WaitGroup) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		p.track(client)
		server, err := net.Dial("tcp", addr)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.track(server)
		wg.Go(func() { p.forward(server, client, p.request, &p.sent) })
		wg.Go(func() { p.forward(client, server, p.response, &p.received) })
	}
}

// forward forwards all that src sends. It looks at each thing first: so what has
// arrived at an end has been seen.
func (p *tap) forward(dst, src net.Conn, handshake func(*bufio.Reader) bool, to *traffic) {
	br := bufio.NewReader(src)
	head := readHead(br)
	frames := handshake(bufio.NewReader(bytes.NewReader(head)))
	_, err := dst.Write(head)
	for frames && err == nil {
		err = p.forwardFrame(dst, br, to)
	}
	_, _ = io.Copy(dst, br)
	_ = dst.(*net.TCPConn).CloseWrite()
}

// readHead gives what comes up to an empty line.
func readHead(br *bufio.Reader) (head []byte) {
	for {
		line, err := br.ReadBytes('\n')
		head = append(head, line...)
		if err != nil || len(bytes.TrimSpace(line)) == 0 {
			return head
		}
	}
}

// request tells whether a client's head asks for a WebSocket.
func (p *tap) request(head *bufio.Reader) bool {
	r, err := http.ReadRequest(head)
	if err != nil || r.Header.Get("Upgrade") == "" {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.offer = strings.Join(r.Header.Values("Sec-WebSocket-Extensions"), ", ")
	return true
}

// response tells whether a server's head opens one.
func (p *tap) response(head *bufio.Reader) bool {
	r, err := http.ReadResponse(head, nil)
	if err != nil || r.StatusCode != http.StatusSwitchingProtocols {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = strings.Join(r.Header.Values("Sec-WebSocket-Extensions"), ", ")
	return true
}

func (p *tap) forwardFrame(dst io.Writer, src io.Reader, to *traffic) error {
	var head bytes.Buffer
	h, err := ws.ReadHeader(io.TeeReader(src, &head))
	if err != nil {
		return err
	}
	p.mu.Lock()
	to.add(h)
	p.mu.Unlock()
	if _, err := dst.Write(head.Bytes()); err != nil {
		return err
	}
	_, err = io.CopyN(dst, src, h.Length)
	return err
}

func (f *traffic) add(h ws.Header) {
	if h.OpCode.IsControl() {
		return
	}
	f.frames++
	f.bytes += h.Length
	if h.OpCode != ws.OpContinuation {
		f.messages++
	}
	if h.Rsv1() {
		f.compressed++
	}
}

// take gives what has passed since it was called last.
func (p *tap) take() (sent, received traffic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent, received = p.sent, p.received
	p.sent, p.received = traffic{}, traffic{}
	return sent, received
}

// handshake gives what was offered and answered in the latest one.
func (p *tap) handshake() (offer, answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offer, p.answer
}
