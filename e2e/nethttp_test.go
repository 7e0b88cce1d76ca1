package e2e

import (
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// build builds a program, and gives its path.
func build(t *testing.T, module, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), filepath.Base(dir))
	cmd := exec.Command("go", "build", "-o", program, dir)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", dir, err, out)
	}
	return program
}

// startBehindNetHTTP runs an echo server whose TLS and HTTP are those of
// net/http, four times.
func startBehindNetHTTP(t *testing.T) map[string]*server {
	program, dir := build(t, ".", "./testdata/nethttp"), t.TempDir()
	certificate.write(t, dir)
	startWith := func(flags ...string) *server {
		flags = append(flags, "-cert", filepath.Join(dir, "certificate.pem"), "-key", filepath.Join(dir, "key.pem"))
		s := start(t, exec.Command(program, flags...))
		s.url = "wss://" + s.addr
		return s
	}
	return map[string]*server{
		"plain":        startWith(),
		"small":        startWith("-max-message", "1000"),
		"subprotocols": startWith("-subprotocol", "superchat,chat"),
		"ending":       startWith(),
	}
}

func TestNetHTTPLibraries(t *testing.T) {
	s := startBehindNetHTTP(t)["plain"]
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, s.url, dialOptions{tls: certificate.trusted()})
		echo(t, c, message{true, []byte("hello")})
		echo(t, c, message{false, noise(1<<20, false)})
		if err := c.close(1000, "bye"); err != nil {
			t.Error(err)
		}
	})
}

func TestNetHTTPNode(t *testing.T) {
	servers, dir := startBehindNetHTTP(t), t.TempDir()
	certificate.write(t, dir)
	t.Setenv("NODE_EXTRA_CA_CERTS", filepath.Join(dir, "certificate.pem"))
	runScript(t, "client.mjs", servers)
}

// Chromium gets the page by HTTP/2, and opens its WebSockets on connections of
// their own.
func TestNetHTTPChromium(t *testing.T) {
	servers := startBehindNetHTTP(t)
	client := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: certificate.trusted(), ForceAttemptHTTP2: true, IdleConnTimeout: time.Second}}
	answer, err := client.Get("https://" + servers["plain"].addr + "/proto")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); string(body) != "HTTP/2.0" {
		t.Errorf("the server speaks %s", body)
	}
	runScript(t, "browser.mjs", servers, findChromium(t))
}
