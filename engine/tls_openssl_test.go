package engine_test

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
)

// openssl is `openssl s_client`: what is written to it is sent, but for lines
// that begin with the letter of a command.
type openssl struct {
	t   *testing.T
	in  io.Writer
	out io.Reader
	got []byte
}

func startOpenSSL(t *testing.T, s *running, version string) *openssl {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl")
	}
	cmd := exec.CommandContext(within(t, patience), "openssl", "s_client", "-connect", s.addr.String(), "-servername", serverName, version)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &openssl{t: t, in: in, out: out}
	t.Cleanup(func() {
		in.Close()
		io.Copy(io.Discard, out)
		cmd.Wait()
	})
	o.until("Verify return code")
	return o
}

func (o *openssl) write(s string) {
	o.t.Helper()
	if _, err := io.WriteString(o.in, s); err != nil {
		o.t.Fatal(err)
	}
}

// until reads until s has come.
func (o *openssl) until(s string) {
	o.t.Helper()
	b := make([]byte, 4096)
	for {
		if _, after, ok := bytes.Cut(o.got, []byte(s)); ok {
			o.got = after
			return
		}
		n, err := o.out.Read(b)
		if o.got = append(o.got, b[:n]...); err != nil {
			o.t.Fatalf("waiting for %q: %v, after %q", s, err, o.got)
		}
	}
}

// A client may renew its keys, and have us renew ours.
func TestTLSKeyUpdate(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: patience})
	o := startOpenSSL(t, s, "-tls1_3")
	o.write(request)
	o.until("101 Switching Protocols")
	for i, command := range strings.Split("kKkKKk", "") {
		o.write(command + "\n")
		o.until("KEYUPDATE")
		message := "after " + command + strings.Repeat("x", i)
		o.write(text(message))
		o.until(message)
	}
}

// Keys may be renewed on both sides of a connection's way from net/http to a loop.
func TestServeHTTPUnderTLSKeyUpdate(t *testing.T) {
	t.Parallel()
	s := newAdopter(echoing, engine.Options{HandshakeTimeout: patience})
	g := newGated(s)
	o := startOpenSSL(t, behindTLS(t, s, g).running, "-tls1_3")
	o.write(request)
	receive(t, "the request", g.entered)
	for _, command := range strings.Split("kKK", "") { // read ahead by net/http
		o.write(command + "\n")
		o.until("KEYUPDATE")
	}
	g.open <- struct{}{}
	o.until("101 Switching Protocols")
	for _, command := range strings.Split("Kk", "") {
		o.write(text("before " + command))
		o.until("before " + command)
		o.write(command + "\n")
		o.until("KEYUPDATE")
		o.write(text("after " + command))
		o.until("after " + command)
	}
}

// Renegotiation, of TLS 1.2, is refused, and ends the connection.
func TestTLSRenegotiation(t *testing.T) {
	t.Parallel()
	r := record(echoing)
	s := serveTLS(t, r, engine.Options{HandshakeTimeout: patience})
	o := startOpenSSL(t, s, "-tls1_2")
	o.write(request)
	o.until("101 Switching Protocols")
	o.write(text("before"))
	o.until("before")
	o.write("R\n")
	o.until("RENEGOTIATING")
	if end := r.end(t); end.Err == nil || !strings.Contains(end.Err.Error(), "unexpected") {
		t.Errorf("ended with %v", end)
	}
	o.until("unexpected message")
}
