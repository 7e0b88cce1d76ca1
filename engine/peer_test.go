package engine_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// request is a valid opening handshake.
const request = "GET /chat HTTP/1.1\r\nHost: server.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// requestWith gives request with one more header line.
func requestWith(line string) string {
	return strings.Replace(request, "\r\n\r\n", "\r\n"+line+"\r\n\r\n", 1)
}

var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame is a client's whole message or control frame.
func frame(op codec.Opcode, payload string) string {
	return string(codec.AppendMaskedFrame(nil, op, []byte(payload), mask))
}

func text(payload string) string { return frame(codec.Text, payload) }

// fragment is one frame of a client's fragmented message.
func fragment(op codec.Opcode, fin bool, payload string) string {
	return string(codec.AppendMaskedFragment(nil, op, fin, []byte(payload), mask))
}

// closing is a client's Close frame.
func closing(code codec.CloseCode, reason string) string {
	return string(codec.AppendMaskedClose(nil, code, reason, mask))
}

// peer is a raw client: it sends exactly the bytes it is told to, and decodes
// what comes back. Whatever fails or takes too long ends the test.
type peer struct {
	net.Conn
	t       testing.TB
	decoder *codec.Decoder
	read    []byte // the memory that bytes are read into
	rest    []byte // of those, what is not decoded yet
}

var clientSide = &codec.Config{Role: codec.Client, MaxMessage: 64 << 20}

// connect opens a connection without a handshake.
func connect(t testing.TB, addr net.Addr) *peer {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(patience))
	p := &peer{Conn: nc, t: t, decoder: codec.NewDecoder(clientSide), read: make([]byte, 64<<10)}
	t.Cleanup(func() { nc.Close(); p.decoder.Release() })
	return p
}

// open opens a connection and does the handshake.
func open(t testing.TB, s *running) *peer {
	t.Helper()
	p := connect(t, s.addr)
	p.write(request)
	p.upgraded()
	return p
}

func (p *peer) write(s string) {
	p.t.Helper()
	if _, err := io.WriteString(p.Conn, s); err != nil {
		p.t.Fatalf("writing %d bytes: %v", len(s), err)
	}
}

// head reads to the end of a response's head, and gives its status line and
// all of it.
func (p *peer) head() (status, head string) {
	p.t.Helper()
	for {
		if i := bytes.Index(p.rest, []byte("\r\n\r\n")); i >= 0 {
			head, p.rest = string(p.rest[:i+4]), p.rest[i+4:]
			status, _, _ = strings.Cut(head, "\r\n")
			return status, head
		}
		had := string(p.rest)
		if err := p.more(); err != nil {
			p.t.Fatalf("in a response's head, after %q: %v", had, err)
		}
		p.rest = append([]byte(had), p.rest...)
	}
}

// upgraded reads the response that accepts the handshake.
func (p *peer) upgraded() (head string) {
	p.t.Helper()
	status, head := p.head()
	if status != "HTTP/1.1 101 Switching Protocols" {
		p.t.Fatalf("handshake answered with %q", status)
	}
	return head
}

// more reads once; rest must be used up.
func (p *peer) more() error {
	n, err := p.Conn.Read(p.read)
	p.rest = p.read[:n]
	return err
}

// next gives the next message or control frame. The payload is valid until the
// next call.
func (p *peer) next() (op codec.Opcode, payload []byte) {
	p.t.Helper()
	for {
		for len(p.rest) > 0 {
			op, payload, n, err := p.decoder.Next(p.rest)
			p.rest = p.rest[n:]
			if err != nil {
				p.t.Fatal(err)
			}
			if op != 0 {
				return op, payload
			}
		}
		if err := p.more(); err != nil {
			p.t.Fatalf("waiting for a frame: %v", err)
		}
	}
}

// expect reads the next message or control frame, which must be this one.
func (p *peer) expect(op codec.Opcode, payload string) {
	p.t.Helper()
	gotOp, got := p.next()
	if gotOp != op || string(got) != payload {
		p.t.Fatalf("got opcode %d with %d bytes %.80q, want opcode %d with %d bytes %.80q",
			gotOp, len(got), got, op, len(payload), payload)
	}
}

// expectClose reads the next frame, which must be a Close frame with this code.
func (p *peer) expectClose(code codec.CloseCode, reason string) {
	p.t.Helper()
	op, payload := p.next()
	gotCode, got, err := codec.ParseClosePayload(payload)
	if op != codec.Close || err != nil || gotCode != code || string(got) != reason {
		p.t.Fatalf("got opcode %d with %q, want a Close frame with %v %q", op, payload, code, reason)
	}
}

// expectEOF reads to the end, at which there must be a FIN and no reset, and
// nothing before it.
func (p *peer) expectEOF() {
	p.t.Helper()
	if got := p.readAll(); got != "" {
		p.t.Fatalf("got %d bytes %.80q before the end of the stream", len(got), got)
	}
}

// readAll reads to the end, at which there must be a FIN and no reset.
func (p *peer) readAll() string {
	p.t.Helper()
	got, err := io.ReadAll(p.Conn)
	if err != nil {
		p.t.Fatalf("instead of the end of the stream: %v", err)
	}
	return string(p.rest) + string(got)
}

// expectCut waits for the end of the stream, of whatever kind.
func (p *peer) expectCut() {
	p.t.Helper()
	_, err := io.Copy(io.Discard, p.Conn)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		p.t.Fatal(err)
	}
}

// closeWrite ends the stream to the server, and goes on reading.
func (p *peer) closeWrite() {
	p.t.Helper()
	if err := p.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		p.t.Fatal(err)
	}
}

// reset ends the connection with a reset.
func (p *peer) reset() {
	p.Conn.(*net.TCPConn).SetLinger(0)
	p.Conn.Close()
}

// narrow makes c's socket hold little of what its peer does not read, so that
// it is soon full. The peer's own grows only as it reads.
func narrow(t testing.TB, c *engine.Conn) {
	t.Helper()
	if err := syscall.SetsockoptInt(engine.FD(c), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 128<<10); err != nil {
		t.Fatal(err)
	}
}
