package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestNode(t *testing.T) {
	runScript(t, "client.mjs", map[string]*server{
		"plain":        startEcho(t),
		"small":        startEcho(t, "-max-message", "1000"),
		"subprotocols": startEcho(t, "-subprotocol", "superchat,chat"),
		"ending":       startEcho(t),
	})
}

// nodeCommand runs a script of the folder node, until ctx ends at most.
func nodeCommand(ctx context.Context, t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("node is missing: install Node.js 20 or later")
	}
	if _, err := os.Stat("node/node_modules/ws"); err != nil {
		t.Fatal("the Node packages are missing: run `make e2e`, or `npm ci` in e2e/node")
	}
	cmd := exec.CommandContext(ctx, "node", append([]string{filepath.Join("node", script)}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return cmd
}

// scriptLine is a line of a script's output.
type scriptLine struct {
	Row       string // whose outcome this is
	Error     string // if it failed
	Terminate string // the server to end
	Rows      int    // how many there were: the last line
}

// runScript runs a script that tests the servers, each of its rows a subtest.
func runScript(t *testing.T, script string, servers map[string]*server, flags ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	urls := map[string]string{}
	for name, s := range servers {
		urls[name] = s.url
	}
	arg, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := nodeCommand(ctx, t, script, append([]string{string(arg)}, flags...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ran, announced := followScript(t, bufio.NewScanner(out), servers)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v\n%s", script, err, &stderr)
	}
	if ran == 0 || ran != announced {
		t.Errorf("%s ran %d rows and announced %d\n%s", script, ran, announced, &stderr)
	}
}

// followScript makes each row a subtest.
func followScript(t *testing.T, out *bufio.Scanner, servers map[string]*server) (ran, announced int) {
	for out.Scan() {
		var line scriptLine
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Errorf("not a row: %q", out.Text())
			continue
		}
		switch {
		case line.Terminate != "":
			servers[line.Terminate].terminate()
		case line.Rows > 0:
			announced = line.Rows
		default:
			ran++
			t.Run(line.Row, func(t *testing.T) {
				if line.Error != "" {
					t.Error(line.Error)
				}
			})
		}
	}
	return ran, announced
}
