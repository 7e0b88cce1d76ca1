package watch

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// pages serves body as the debug page, and everything else as not found.
func pages(t *testing.T, body string) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/memory", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestDebugPageTellsAll(t *testing.T) {
	url := pages(t, fmt.Sprintf(`{"pid":%d,"rss_bytes":5000000,"goroutines":7,"threads":8,
		"heap_bytes":9,"connections":13,"timers":15,"buffered_bytes":14,"gc_count":10,"gc_pause_total_ns":11,"gc_pause_max_ns":12}`, os.Getpid()))
	s, err := Find(0, url, "ws://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Snapshot()
	if want := (Snapshot{RSS: 5000000, Goroutines: 7, Threads: 8, Heap: 9, Connections: 13, Timers: 15, Buffered: 14, GCCount: 10, GCPauseTotal: 11, GCPauseMax: 12}); err != nil || got != want {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	if cpu := s.CPU(); cpu <= 0 {
		t.Errorf("CPU %v", cpu)
	}
}

// A glance asks the server not to collect its garbage.
func TestGlance(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		fmt.Fprint(w, `{"goroutines":3}`)
	}))
	defer s.Close()
	watched, err := Find(0, s.URL, "ws://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := watched.Glance(); err != nil || got.Goroutines != 3 {
		t.Errorf("%+v (%v)", got, err)
	}
	if got := strings.Join(asked, "|"); got != "|collect=no" {
		t.Errorf("asked with %q", got)
	}
}

func TestBadDebugPages(t *testing.T) {
	cases := map[string]string{
		"127.0.0.1:1":                    "refused",
		pages(t, "<html>"):               "invalid character",
		pages(t, "{}") + "/other/server": "404",
	}
	for debug, want := range cases {
		if _, err := Find(0, debug, "ws://127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", debug, err, want)
		}
	}
}

func TestFindsTheListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, pid := range []int{0, os.Getpid()} {
		s, err := Find(pid, "", "ws://"+l.Addr().String()+"/path")
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Snapshot()
		if err != nil || got.RSS < 1<<20 || got.Threads < 2 || got.Goroutines != 0 {
			t.Errorf("pid %d: %+v (%v)", pid, got, err)
		}
		if cpu, rss := s.CPU(), s.RSS(); cpu <= 0 || rss < 1<<20 || s.PID() != os.Getpid() {
			t.Errorf("pid %d: CPU %v, RSS %d, process %d", pid, cpu, rss, s.PID())
		}
	}
}

// What a server has used does not fall when it ends.
func TestServerThatEnds(t *testing.T) {
	shell := exec.Command("sh", "-c", "while :; do :; done")
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	s, err := Find(shell.Process.Pid, "", "ws://192.0.2.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); s.CPU() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	before, running := s.CPU(), !s.Ended()
	shell.Process.Kill()
	shell.Wait()
	if after := s.CPU(); before == 0 || after < before || !running || !s.Ended() {
		t.Errorf("CPU %v, then %v; running %v, then ended %v", before, after, running, s.Ended())
	}
}

func TestElsewhereNothingIsKnown(t *testing.T) {
	s, err := Find(0, "", "ws://192.0.2.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Snapshot(); err != nil || got != (Snapshot{}) {
		t.Errorf("%+v (%v)", got, err)
	}
	if cpu, rss := s.CPU(), s.RSS(); cpu != 0 || rss != 0 || s.PID() != 0 {
		t.Errorf("CPU %v, RSS %d, process %d", cpu, rss, s.PID())
	}
}

func TestDebugURL(t *testing.T) {
	for given, want := range map[string]string{
		"127.0.0.1:6060":                   "http://127.0.0.1:6060/debug/memory",
		"http://host:1/":                   "http://host:1/debug/memory",
		"http://host:1/debug/pprof/":       "http://host:1/debug/memory",
		"https://host/behind/debug/memory": "https://host/behind/debug/memory",
	} {
		if got := debugURL(given); got != want {
			t.Errorf("%s: %s, want %s", given, got, want)
		}
	}
}
