package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// brand is a proxy that somebody else wrote. It runs with the configuration
// that docs/production.md shows, but for addresses, paths and rights.
type brand struct {
	name    string
	program string
	config  string // a file of testdata/production

	// settings gives what is different in a test: see [adapt].
	settings func(p *proxy) []string

	// command runs the configuration in the foreground.
	command func(p *proxy) *exec.Cmd

	// reload has a running proxy take on its changed configuration.
	reload func(t *testing.T, p *proxy)

	// Settings of the page that tests change.
	idleTimeout, reloadTimeout string

	rewriteHost []string // a change: the server gets another Host
	noChecks    []string // likewise: the server's health is not checked
	needs       []string // a file, and the package that has it; nil: none
	passesTLS   bool     // it knows no HTTP, and leaves TLS to the server
	down        int      // the status that says that there is no server
}

var brands = []brand{nginx, haproxy}

// proxy is a running one.
type proxy struct {
	brand
	http, https string // addresses
	backend     string // address of the server behind it
	changes     []string
	dir         string // for its files
	path        string // of the program
	processes   []*os.Process
}

// withEachProxy runs test as a subtest for each brand.
func withEachProxy(t *testing.T, test func(t *testing.T, b brand)) {
	for _, b := range brands {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

// find gives the program's path. A developer may lack it, or a file that it
// needs; the CI may not.
func (b *brand) find(t *testing.T) string {
	t.Helper()
	if b.needs != nil {
		if _, err := os.Stat(b.needs[0]); err != nil {
			missing(t, b.needs[0], b.needs[1])
		}
	}
	for _, name := range []string{b.program, "/usr/sbin/" + b.program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, b.program, b.program)
	return ""
}

func missing(t *testing.T, what, pkg string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", what)
	}
	t.Skipf("%s is missing: install it (Debian: apt-get install %s)", what, pkg)
}

// start runs a proxy before a server, with changes to its configuration: pairs
// of what stands there and what shall. It ends when the test ends.
func (b brand) start(t *testing.T, backend string, changes ...string) *proxy {
	t.Helper()
	p := &proxy{
		brand: b, path: b.find(t), backend: backend, changes: changes, dir: t.TempDir(),
		http: freeAddr(t), https: freeAddr(t),
	}
	certificate.write(t, p.dir)
	p.configure(t)
	p.run(t)
	awaitListener(t, p.http)
	awaitListener(t, p.https)
	return p
}

func (p *proxy) run(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(p.file("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := p.command(p)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.processes = append(p.processes, cmd.Process)
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // HAProxy's status says that it got SIGTERM
		close(exited)
	}()
	t.Cleanup(func() { p.stop(t, cmd.Process, exited) })
}

// stop ends a process and its workers, also those that still wait for old
// connections to end.
func (p *proxy) stop(t *testing.T, process *os.Process, exited <-chan struct{}) {
	_ = process.Signal(syscall.SIGTERM)
	select {
	case <-exited:
	case <-time.After(patience):
		t.Errorf("%s did not end after SIGTERM; killed", p.name)
	}
	_ = syscall.Kill(-process.Pid, syscall.SIGKILL)
	<-exited
	if t.Failed() {
		t.Logf("the log of %s:\n%s", p.name, p.log(t))
	}
}

func (p *proxy) file(name string) string { return filepath.Join(p.dir, name) }

func (p *proxy) log(t *testing.T) string {
	b, err := os.ReadFile(p.file("log"))
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// configure writes the configuration.
func (p *proxy) configure(t *testing.T) {
	t.Helper()
	text := adapt(t, readProduction(t, p.config), append(p.settings(p), p.changes...))
	if err := os.WriteFile(p.file("config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// adapt replaces the first of each pair, which must be there, by the second.
func adapt(t *testing.T, text string, pairs []string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the configuration has no %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// setTo gives the change of a setting's value, which is its last word.
func setTo(setting, value string) []string {
	return []string{setting, setting[:strings.LastIndex(setting, " ")+1] + value}
}

// way is how a client reaches a proxy.
type way struct {
	url    string // ws:// or wss://
	base   string // the same as http:// or https://: the origin of its pages
	passes bool   // TLS is the server's
	dialOptions
}

func (p *proxy) plain() way { return way{url: "ws://" + p.http, base: "http://" + p.http} }

func (p *proxy) encrypted() way {
	return way{"wss://" + p.https, "https://" + p.https, p.passesTLS, dialOptions{tls: certificate.trusted()}}
}

// withEachWay runs test as a subtest without and with TLS.
func (p *proxy) withEachWay(t *testing.T, test func(t *testing.T, w way)) {
	t.Run("ws", func(t *testing.T) { test(t, p.plain()) })
	t.Run("wss", func(t *testing.T) { test(t, p.encrypted()) })
}
