package e2e

import (
	"path/filepath"
	"testing"
)

// startSecureEcho is startEcho for wss.
func startSecureEcho(t *testing.T, flags ...string) *server {
	t.Helper()
	dir := t.TempDir()
	certificate.write(t, dir)
	s := startEcho(t, append(flags, "-cert", filepath.Join(dir, "certificate.pem"), "-key", filepath.Join(dir, "key.pem"))...)
	s.url = "wss://" + s.addr
	return s
}

func startSecureEchoes(t *testing.T) map[string]*server {
	return map[string]*server{
		"plain":        startSecureEcho(t),
		"small":        startSecureEcho(t, "-max-message", "1000"),
		"subprotocols": startSecureEcho(t, "-subprotocol", "superchat,chat"),
		"ending":       startSecureEcho(t),
	}
}

func TestTLSNode(t *testing.T) {
	dir := t.TempDir()
	certificate.write(t, dir)
	t.Setenv("NODE_EXTRA_CA_CERTS", filepath.Join(dir, "certificate.pem"))
	runScript(t, "client.mjs", startSecureEchoes(t))
}

func TestTLSChromium(t *testing.T) {
	runScript(t, "browser.mjs", startSecureEchoes(t), findChromium(t))
}
