package e2e

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A client whose message is refused while it is still sending can send on, and
// read the Close: a reset might take that from it. HAProxy resets all the same.
func TestProxyRefusesSender(t *testing.T) {
	srv := startEcho(t, "-max-message", "1000")
	for name, addr := range map[string]string{"direct": srv.addr, "nginx": nginx.start(t, srv.addr).http} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			const size = 1 << 20
			header := "\x82\xff\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00" // size, and a mask of zeros
			if _, err := io.WriteString(conn, upgrade+header); err != nil {
				t.Fatal(err)
			}
			awaitBytes(t, conn, "\x88") // the Close
			piece := strings.Repeat("x", size/64)
			for i := range 64 {
				if _, err := io.WriteString(conn, piece); err != nil {
					t.Fatalf("after %d bytes: %v", i*len(piece), err)
				}
				time.Sleep(2 * time.Millisecond) // a reset takes its time
			}
		})
	}
}

// awaitBytes reads until it has read some text after the answer's head.
func awaitBytes(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	var got []byte
	for b := make([]byte, 4096); ; {
		n, err := conn.Read(b)
		got = append(got, b[:n]...)
		if _, frames, _ := strings.Cut(string(got), "\r\n\r\n"); strings.Contains(frames, text) {
			return
		}
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
	}
}
