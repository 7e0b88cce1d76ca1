package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// upgrade is the least that a client must send.
const upgrade = "GET / HTTP/1.1\r\nHost: example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// raw dials, sends all of b at once, ends its sending side if halfClose is
// set, and gives everything the server sends until it ends the connection.
func raw(t *testing.T, addr, b string, halfClose bool) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, b); err != nil {
		t.Fatal(err)
	}
	if halfClose {
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("%v after %q", err, answer)
	}
	return string(answer)
}

// masked gives a frame with the first byte as given, and a mask of zeros,
// which leaves a payload as it is.
func masked(first byte, payload string) string {
	return string([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
}

func TestViolations(t *testing.T) {
	srv := startEcho(t)
	for _, row := range []struct {
		name, frames string
		code         int
	}{
		{"reserved bit", masked(0xc1, "x"), 1002},
		{"reserved opcode", masked(0x83, "x"), 1002},
		{"unmasked", "\x81\x01x", 1002},
		{"fragmented ping", masked(0x09, "x"), 1002},
		{"long ping", "\x89\xfe\x00\x7e\x00\x00\x00\x00" + strings.Repeat("x", 126), 1002},
		{"continuation of nothing", masked(0x80, "x"), 1002},
		{"message within a message", masked(0x01, "x") + masked(0x81, "y"), 1002},
		{"length not minimal", "\x82\xfe\x00\x01\x00\x00\x00\x00x", 1002},
		{"length's top bit", "\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1002},
		{"close of one byte", masked(0x88, "x"), 1002},
		{"close code 1005", masked(0x88, "\x03\xed"), 1002},
		{"close code 999", masked(0x88, "\x03\xe7"), 1002},
		{"close reason", masked(0x88, "\x03\xe8\xff"), 1007},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer := raw(t, srv.addr, upgrade+masked(0x81, "hello")+row.frames, false)
			head, frames, _ := strings.Cut(answer, "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
				t.Fatalf("got %q", answer)
			}
			rest, ok := strings.CutPrefix(frames, "\x81\x05hello")
			if !ok {
				t.Fatalf("the message before was not answered: %q", frames)
			}
			if len(rest) < 4 || rest[0] != 0x88 || int(rest[2])<<8|int(rest[3]) != row.code {
				t.Errorf("got %q, want a Close with %d", rest, row.code)
			}
		})
	}
}

// A peer that ends its side after its messages still gets their answers.
func TestHalfClose(t *testing.T) {
	srv := startEcho(t)
	answer := raw(t, srv.addr, upgrade+masked(0x81, "one")+masked(0x82, "two"), true)
	if !bytes.Contains([]byte(answer), []byte("\x81\x03one\x82\x03two")) {
		t.Errorf("got %q", answer)
	}
}

func TestRefusals(t *testing.T) {
	srv := startEcho(t)
	for _, row := range []struct {
		name, request string
		status        int
	}{
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
		{"not HTTP", "GET me a coffee\r\n\r\n", 400},
		{"HTTP/1.0", strings.Replace(upgrade, "HTTP/1.1", "HTTP/1.0", 1), 505},
		{"POST", strings.Replace(upgrade, "GET", "POST", 1), 405},
		{"version 8", strings.Replace(upgrade, "13", "8", 1), 426},
		{"no key", strings.Replace(upgrade, "Sec-WebSocket-Key", "X", 1), 400},
		{"short key", strings.Replace(upgrade, "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 1), 400},
		{"two hosts", strings.Replace(upgrade, "\r\n", "\r\nHost: other\r\n", 1), 400},
		{"folded header", strings.Replace(upgrade, "\r\n\r\n", "\r\nX: a\r\n b\r\n\r\n", 1), 400},
		{"long target", strings.Replace(upgrade, "/", "/"+strings.Repeat("x", 9000), 1), 414},
		{"long head", strings.Replace(upgrade, "\r\n\r\n", "\r\nX: "+strings.Repeat("x", 9000)+"\r\n\r\n", 1), 431},
		{"many headers", strings.Replace(upgrade, "\r\n\r\n", strings.Repeat("\r\nX: x", 65)+"\r\n\r\n", 1), 431},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer := raw(t, srv.addr, row.request, false)
			if !strings.HasPrefix(answer, fmt.Sprintf("HTTP/1.1 %d ", row.status)) {
				t.Errorf("got %q, want status %d", answer, row.status)
			}
		})
	}
}
