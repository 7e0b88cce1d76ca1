package e2e

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// What docs/production.md shows are the files of testdata/production, and it
// shows them all.
func TestProductionPage(t *testing.T) {
	page, err := os.ReadFile("../docs/production.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?ms)^```[a-z]+\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, m[1])
	}
	files, err := os.ReadDir("testdata/production")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(blocks, readProduction(t, f.Name())) {
			t.Errorf("the page does not show testdata/production/%s as it is", f.Name())
		}
	}
	if len(blocks) != len(files) {
		t.Errorf("the page has %d code blocks with a language, but there are %d files", len(blocks), len(files))
	}
}

// The kernel has what the page sets.
func TestProductionSysctl(t *testing.T) {
	for line := range strings.Lines(readProduction(t, "sysctl.conf")) {
		name, _, found := strings.Cut(strings.TrimSpace(line), " = ")
		if !found || strings.HasPrefix(name, "#") {
			continue
		}
		path := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
		if _, err := os.Stat(path); err != nil && !strings.HasPrefix(name, "net.netfilter.") { // a module, not always there
			t.Errorf("%s: %v", name, err)
		}
	}
}

// systemd understands every line of the unit.
func TestProductionUnit(t *testing.T) {
	systemd, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is missing")
	}
	unit := readProduction(t, "chat.service")
	file := filepath.Join(t.TempDir(), "chat.service")
	text := adapt(t, unit, []string{"/usr/local/bin/chat", systemd}) // a program that is there
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(systemd, "verify", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// The program behaves behind a proxy as the page says.
func TestProductionProgram(t *testing.T) {
	addr, debug := freeAddr(t), freeAddr(t)
	w := nginx.start(t, addr).encrypted()
	process, exited := startProgram(t, adapt(t, readProduction(t, "main.go"), []string{
		"127.0.0.1:8080", addr,
		"127.0.0.1:6060", debug,
		"https://chat.example.com", w.base,
		"45 * time.Second", "0",
	}))
	awaitListener(t, addr)
	awaitListener(t, debug)
	w.origin = w.base
	c := libraries[0].open(t, w.url, w.dialOptions)
	echo(t, c, message{false, noise(64<<10, false)})
	w.origin = "https://example.com"
	expectRefused(t, libraries[0], w.url, w.dialOptions, 403)
	expectStats(t, debug, `"Open":1,`)
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	expectClosed(t, c, 1001)
	c.cut()
	if err := receive(t, exited); err != nil {
		t.Error(err)
	}
}

func readProduction(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/production", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// startProgram builds a program of one file, and runs it.
func startProgram(t *testing.T, source string) (*os.Process, chan error) {
	t.Helper()
	dir := t.TempDir()
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"vet", file}, {"build", "-o", program, file}} {
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, out)
		}
	}
	cmd := exec.Command(program)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() {
		exited <- cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-exited
	})
	return cmd.Process, exited
}

// expectStats demands that the page /stats has some text.
func expectStats(t *testing.T, addr, text string) {
	t.Helper()
	resp, err := http.Get("http://" + addr + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), text) {
		t.Errorf("got %s, %v; want %s", body, err, text)
	}
}
