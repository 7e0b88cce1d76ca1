// Package watch tells what a server costs: from /proc if it runs on this
// machine, and from its debug page if it has one.
package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// Server is the watched process. What is not known of it is 0: it runs
// elsewhere, or belongs to another user.
type Server struct {
	pid   int
	debug string // URL of its debug page, or ""

	mu   sync.Mutex
	used time.Duration // of processors
}

// Snapshot is the state of a server at a time. 0 is what is not known.
type Snapshot struct {
	RSS        int64 `json:"rss_bytes,omitempty"` // if there is a debug page: after giving back what is free
	Goroutines int   `json:"goroutines,omitempty"`
	Threads    int   `json:"threads,omitempty"`

	// Of our server, by its debug page: its connections, the timers that are
	// set, and what all buffers of connections hold.
	Connections int   `json:"connections,omitempty"`
	Timers      int   `json:"timers,omitempty"`
	Buffered    int64 `json:"buffered_bytes,omitempty"`

	// Of a Go program, by its debug page: live objects on the heap, and the
	// garbage collections since it began with the pauses they made.
	Heap         int64         `json:"heap_bytes,omitempty"`
	GCCount      int           `json:"gc_count,omitempty"`
	GCPauseTotal time.Duration `json:"gc_pause_total_ns,omitempty"`
	GCPauseMax   time.Duration `json:"gc_pause_max_ns,omitempty"`
}

// Find finds the process behind a ws:// URL: pid if it is not 0, else the one
// that the debug page names, else the one that listens on the URL's port. No
// such process is no error; a debug page that does not answer is one. debug is
// the address or URL of an HTTP server with /debug/memory, or "".
func Find(pid int, debug, wsURL string) (*Server, error) {
	s := &Server{pid: pid}
	if debug != "" {
		s.debug = debugURL(debug)
		page, err := s.read("")
		if err != nil {
			return nil, err
		}
		if s.pid == 0 && Local(s.debug) {
			s.pid = page.PID
		}
	}
	if s.pid == 0 && Local(wsURL) {
		s.pid, _ = proc.Listener(port(wsURL))
	}
	return s, nil
}

// CPU gives the processor time that the server has used so far; of one that
// has ended, what was last known. It never falls, and may be called from any
// goroutine.
func (s *Server) CPU() time.Duration {
	if s.pid == 0 {
		return 0
	}
	used, _ := proc.CPU(s.pid)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = max(s.used, used)
	return s.used
}

// Ended tells that the server's process is known, and is gone.
func (s *Server) Ended() bool { return s.pid != 0 && !proc.Running(s.pid) }

// PID gives the server's process, 0 if it is not known.
func (s *Server) PID() int { return s.pid }

// RSS gives the server's memory without asking its debug page, and so without
// disturbing it; to within some dozen pages for each of its processors.
func (s *Server) RSS() int64 {
	if s.pid == 0 {
		return 0
	}
	rss, _ := proc.RoughRSS(s.pid)
	return rss
}

// Glance takes the state now without disturbing the server: its memory is as it
// is, garbage included. It fails only if the debug page does.
func (s *Server) Glance() (Snapshot, error) {
	if s.debug == "" {
		return s.Snapshot()
	}
	page, err := s.read("?collect=no")
	return page.Snapshot, err
}

// Snapshot takes the state now. It fails only if the debug page does.
func (s *Server) Snapshot() (Snapshot, error) {
	if s.debug != "" {
		page, err := s.read("")
		return page.Snapshot, err
	}
	if s.pid == 0 {
		return Snapshot{}, nil
	}
	rss, _ := proc.RSS(s.pid)
	threads, _ := proc.Threads(s.pid)
	return Snapshot{RSS: rss, Threads: threads}, nil
}

// page is what the debug page tells.
type page struct {
	PID int `json:"pid"`
	Snapshot
}

// client opens a connection for each request: one that is kept would hold
// goroutines of the server, and count in one snapshot and not in the other.
var client = http.Client{
	Timeout:   2 * time.Minute, // to collect a large heap on a slow machine
	Transport: &http.Transport{DisableKeepAlives: true},
}

func (s *Server) read(query string) (p page, err error) {
	answer, err := client.Get(s.debug + query)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return p, failed.Err // the URL is known
	} else if err != nil {
		return p, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return p, fmt.Errorf("%s: %s", s.debug, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil {
		return p, fmt.Errorf("%s: %w", s.debug, err)
	}
	return p, nil
}

// debugURL takes "127.0.0.1:6060" or "http://127.0.0.1:6060/debug/pprof".
func debugURL(s string) string {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	base, _, _ := strings.Cut(s, "/debug")
	return strings.TrimSuffix(base, "/") + "/debug/memory"
}

// Local reports whether a URL's host is this machine by its loopback address.
func Local(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

func port(rawURL string) int {
	u, err := url.Parse(rawURL)
	if err != nil || u.Port() == "" {
		return 80
	}
	n, _ := strconv.Atoi(u.Port())
	return n
}
