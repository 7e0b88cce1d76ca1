package report

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// labels gives the lines of a summary by their labels.
func labels(r *result.Report) map[string]string {
	lines := make(map[string]string)
	for _, l := range summary(r) {
		lines[l[0]] = l[1]
	}
	return lines
}

func TestOnlyWhatIsKnown(t *testing.T) {
	got := labels(&result.Report{Mode: "idle", Conns: 10, Opened: 10, Held: 10})
	want := map[string]string{
		"opened": "10 of 10   (10 at the end, 0 lost)",
		"server": "not known: it runs elsewhere, or belongs to another user",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestChurnCountsConnections(t *testing.T) {
	r := sampleReport()
	r.Mode, r.Opened = "churn", 6100
	r.Load.Conns, r.Load.Elapsed, r.Server.CPU, r.Load.Late = 6000, 60*time.Second, 6*time.Second, 1
	got := labels(r)
	for label, want := range map[string]string{
		"opened":     "6,100, 1,000 at a time in 412ms   (1,000 at the end, 0 lost)",
		"completed":  "6,000 connections, from the handshake to the close   (100/s)",
		"late":       "1 connection due and not begun, in connect with the time up to the end",
		"server CPU": "1ms per connection   (0.10 processors busy)",
	} {
		if got[label] != want {
			t.Errorf("%s: %q, want %q", label, got[label], want)
		}
	}
}

func TestCutSlowReadersAreTold(t *testing.T) {
	r := sampleReport()
	r.Load.Cut = 2
	if got := labels(r)["cut"]; got != "2 slow readers by the server" {
		t.Errorf("%q", got)
	}
}

func TestTheServersEndIsTold(t *testing.T) {
	r := sampleReport()
	r.Server.PID, r.Server.Ended = 123, true
	if got := labels(r)["server"]; got != "process 123 has ended" {
		t.Errorf("%q", got)
	}
}

func TestIdleConnectionsAreNotAboutMessages(t *testing.T) {
	r := sampleReport()
	r.Mode = "idle"
	if got := labels(r)["server CPU"]; got != "0.97 processors busy" {
		t.Errorf("%q", got)
	}
	if k := keys(r)[0]; k.Label != "median latency" {
		t.Errorf("the first key is %q", k.Label)
	}
}

func TestMemorySaysIfGarbageIsInIt(t *testing.T) {
	r := sampleReport()
	r.Server.After.Goroutines = 0
	if got := labels(r)["server RSS"]; !strings.HasSuffix(got, "garbage included: -debug has it collected first") {
		t.Errorf("%q", got)
	}
	r.Server.RSSPerConn = 0
	if got := labels(r)["server RSS"]; !strings.HasPrefix(got, "9.0 MiB -> 9.1 MiB") {
		t.Errorf("%q", got)
	}
}

func TestKeysAreThoseThatAreKnown(t *testing.T) {
	names := func(r *result.Report) (names []string) {
		for _, k := range keys(r) {
			names = append(names, k.Label)
		}
		return names
	}
	all := []string{"messages/s", "median latency", "99th percentile", "slowest", "connections held", "errors", "server memory per connection", "server CPU per message"}
	if got := names(sampleReport()); !slices.Equal(got, all) {
		t.Errorf("%q, want %q", got, all)
	}
	if got := names(&result.Report{Mode: "idle"}); !slices.Equal(got, []string{"connections held", "errors"}) {
		t.Errorf("%q", got)
	}
	if got := names(&result.Report{Mode: "churn"}); !slices.Equal(got, []string{"connections/s", "errors"}) {
		t.Errorf("%q", got)
	}
}
