package proc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// script writes a shell script that stands for a server program.
func script(t *testing.T, body string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestStartAndStop(t *testing.T) {
	cases := []struct {
		name, body string
		timeout    time.Duration
		want       string // in Stop's error; empty: none
	}{
		{"graceful", `trap 'exit 0' TERM; echo "listening on $2"; while :; do sleep 0.01; done`, 10 * time.Second, ""},
		{"status", `trap 'exit 3' TERM; echo "listening on $2"; while :; do sleep 0.01; done`, 10 * time.Second, "exit status 3"},
		{"deaf", `trap '' TERM; echo "listening on $2"; while :; do sleep 0.01; done`, 100 * time.Millisecond, "did not end"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, err := Start(script(t, c.body))
			if err != nil {
				t.Fatal(err)
			}
			if s.Addr != "127.0.0.1:0" {
				t.Errorf("address %q", s.Addr)
			}
			if n, err := Threads(s.PID()); err != nil || n != 1 {
				t.Errorf("%d threads (%v)", n, err)
			}
			err = s.Stop(c.timeout)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("Stop: %v, want %q", err, c.want)
			}
		})
	}
}

func TestStartOfWhatDoesNotListen(t *testing.T) {
	for _, body := range []string{"exit 1", "echo hello; exit 0"} {
		if _, err := Start(script(t, body)); err == nil || !strings.Contains(err.Error(), `not "listening on "`) {
			t.Errorf("%q: %v", body, err)
		}
	}
	if _, err := Start("/nowhere/at/all"); err == nil {
		t.Error("started what does not exist")
	}
}

func TestCollect(t *testing.T) {
	for body, want := range map[string]string{
		"echo collected": "",
		"echo later":     `wrote "later\n" and not "collected"`,
		"exit 1":         `not "collected": EOF`,
	} {
		s, err := Start(script(t, "trap '"+body+`' USR1; trap 'exit 0' TERM; echo "listening on $2"; while :; do sleep 0.01; done`))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Collect()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
		if want == "" {
			err = s.Collect()
		}
		if stop := s.Stop(10 * time.Second); body != "exit 1" && stop != nil || err != nil && want == "" {
			t.Errorf("%s: %v, %v", body, err, stop)
		}
	}
}
