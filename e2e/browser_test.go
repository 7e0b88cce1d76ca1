package e2e

import (
	"os"
	"os/exec"
	"testing"
)

func TestChromium(t *testing.T) {
	runScript(t, "browser.mjs", map[string]*server{
		"plain":        startEcho(t),
		"small":        startEcho(t, "-max-message", "1000"),
		"subprotocols": startEcho(t, "-subprotocol", "superchat,chat"),
		"ending":       startEcho(t),
	}, findChromium(t))
}

func findChromium(t *testing.T) string {
	t.Helper()
	if named := os.Getenv("CHROMIUM"); named != "" {
		return named
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("Chromium is missing: install it (Debian: apt-get install chromium), or name one in the variable CHROMIUM")
	return ""
}
