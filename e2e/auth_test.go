package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The page of examples/auth, in Chromium: each way in, and each refusal.
func TestAuthChromium(t *testing.T) {
	program, dir := build(t, "../examples", "./auth"), t.TempDir()
	certificate.write(t, dir)
	startAuth := func(scheme string, flags ...string) *server {
		cmd := exec.Command(program, append([]string{"-addr", "127.0.0.1:0", "-patience", "2s"}, flags...)...)
		cmd.Env = append(os.Environ(), "PASSWORD=lovelace")
		s := start(t, cmd)
		s.url = scheme + "://" + s.addr
		return s
	}
	runScript(t, "auth.mjs", map[string]*server{
		"plain":  startAuth("http"),
		"secure": startAuth("https", "-cert", filepath.Join(dir, "certificate.pem"), "-key", filepath.Join(dir, "key.pem")),
	}, findChromium(t))
}
