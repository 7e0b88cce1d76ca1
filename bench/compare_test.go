package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
)

// That it builds the peers itself is seen without measuring anything of them but
// the first.
func TestCompareBuilds(t *testing.T) {
	out, diag, status := bench(t, "compare", "-quick", "-peers", "epoll", "-cells", "idle:2:10")
	if status != 0 {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "2 connections, idle after one message of 10 B each")
}

// comparison is a part of what compare -json writes.
type comparison struct {
	Interrupted bool
	Peers       []compare.Version
	Tables      []struct {
		compare.Cell
		Peers []struct {
			Peer    string
			Rate    compare.Spread `json:"per_second"`
			Cost    compare.Spread `json:"server_to_client_cpu"`
			First   compare.Spread `json:"of_first_peer"`
			Ours    compare.Spread `json:"of_sockeye"`
			RSS     compare.Spread `json:"rss_bytes"`
			Rounds  []any
			LeftOut string `json:"left_out"`
		}
	}
}

func TestCompareJSON(t *testing.T) {
	const cells = "echo:5:10,echo:5:10:2,broadcast:5:10,setup:5:10,idle:20:10"
	out, diag, status := bench(t, "compare", "-bin", bin, "-rounds", "2", "-duration", "50ms", "-warmup", "20ms",
		"-peers", "epoll,sockeye", "-cells", cells, "-json")
	var c comparison
	if err := json.Unmarshal([]byte(out), &c); err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s%s", status, err, out, diag)
	}
	var names []string
	for _, table := range c.Tables {
		names = append(names, table.Name())
		for i, row := range table.Peers {
			if row.Peer != compare.Peers[i].Name || len(row.Rounds) != 2 || row.LeftOut != "" {
				t.Errorf("%v: %+v", table.Cell, row)
			}
			if table.Kind == compare.Idle && row.RSS.Min < 1<<20 || table.Kind != compare.Idle && (row.Rate.Min <= 0 || row.Cost.Min <= 0 || row.First.Min <= 0 || row.Ours.Min <= 0) {
				t.Errorf("%v: %+v", table.Cell, row)
			}
		}
	}
	if got := strings.Join(names, ","); got != cells {
		t.Errorf("measured %s", got)
	}
}

// Every peer passes through the comparison as it is meant to be used.
func TestCompareText(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.html")
	out, diag, status := bench(t, "compare", "-bin", bin, "-rounds", "1", "-duration", "20ms", "-warmup", "10ms", "-html", page,
		"-cells", "echo:20:1024:16,echo:2:1048576,broadcast:30:125,setup:10:125,idle:50:1024")
	if status != 0 {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "Echo of 1 KiB on 20 connections, depth 16", "messages/s", "of epoll", "of sockeye", "1.00 (1.00-1.00)",
		"Echo of 1 MiB on 2 connections, depth 1", "MB/s", "Broadcast of 125 B to 30 connections", "deliveries/s",
		"Connections set up, 10 at a time, with one echo of 125 B", "connections/s",
		"50 connections, idle after one message of 1 KiB each", "RSS/connection")
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range compare.Peers {
		if n := strings.Count(out, "\n  "+p.Name+" "); n != 5 {
			t.Errorf("%s is in %d tables", p.Name, n)
		}
		contains(t, string(html), p.Name)
	}
}

// Those that compress are compared in each way they know.
func TestCompareDeflate(t *testing.T) {
	out, diag, status := bench(t, "compare", "-bin", bin, "-rounds", "1", "-duration", "20ms", "-warmup", "10ms",
		"-cells", "deflate-json:5:100,deflate-text:5:65536,idle-deflate:20:1024")
	if status != 0 {
		t.Errorf("status %d, %s", status, diag)
	}
	contains(t, out, "Echo of 100 B of compressed JSON on 5 connections", "ratio", "of sockeye",
		"Echo of 64 KiB of compressed text on 5 connections", "20 connections, idle after compressed messages of 1 KiB each",
		"gorilla, alone", "coder, takeover", "gws, takeover 10", "sockeye, takeover ", "sockeye, alone")
	for _, p := range compare.Peers {
		want := 0
		if len(p.Compresses) > 0 {
			want = 3
		}
		if n := strings.Count(out, "\n  "+p.Name+" "); n != want {
			t.Errorf("%s is in %d tables, want %d", p.Name, n, want)
		}
	}
	if _, diag, status := bench(t, "compare", "-bin", bin, "-peers", "epoll", "-cells", "deflate-json:5:100"); status != 1 {
		t.Errorf("status %d, %s", status, diag)
	}
}

// A peer that cannot have enough descriptors is left out, and the others are
// compared.
func TestCompareLeavesOut(t *testing.T) {
	cmd := exec.Command("sh", "-c", `ulimit -n 250 && exec "$0" compare -bin "$1" -quick -peers epoll,easygo -cells setup:100:125,setup:10:125 -markdown`, program("bench"), bin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	contains(t, string(out), "| easygo | needs 300 descriptors |  |", "## Connections set up, 10 at a time", "mailru/easygo v0.0.0-2019")
	if n := strings.Count(string(out), "| easygo |"); n != 2 {
		t.Errorf("easygo is in %d tables", n)
	}
}

func TestCompareUpdates(t *testing.T) {
	document := filepath.Join(t.TempDir(), "document.md")
	if err := os.WriteFile(document, []byte("<!-- compare machine -->\n<!-- end -->\n<!-- compare setup:2:10 -->\n<!-- end -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, diag, status := bench(t, "compare", "-bin", bin, "-quick", "-peers", "epoll", "-cells", "setup:2:10", "-update", document)
	text, err := os.ReadFile(document)
	if status != 0 || err != nil {
		t.Errorf("status %d, %s (%v)", status, diag, err)
	}
	contains(t, string(text), "Machine: ", "| epoll | ")
}

// Ctrl-C ends a comparison with the tables so far.
func TestCompareInterrupted(t *testing.T) {
	cmd := exec.Command(program("bench"), "compare", "-bin", bin, "-peers", "epoll", "-rounds", "1000000", "-duration", "20ms", "-warmup", "1ms", "-cells", "echo:1:10", "-json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(40*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	// If the program has no whole round by then there is only no table.
	time.AfterFunc(time.Second, func() { cmd.Process.Signal(syscall.SIGINT) })
	var c comparison
	if err := json.NewDecoder(out).Decode(&c); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || !c.Interrupted {
		t.Errorf("status %d, %+v", cmd.ProcessState.ExitCode(), c)
	}
}

func TestCompareWrongUsage(t *testing.T) {
	for _, args := range []string{
		"-peers nobody", "-cells all", "-cells echo:many:1", "-rounds 0", "-duration 0s", "-json -markdown", "extra",
	} {
		out, diag, status := bench(t, append([]string{"compare"}, strings.Fields(args)...)...)
		if status != 2 || out != "" || diag == "" {
			t.Errorf("%q: status %d, %q, %q", args, status, out, diag)
		}
	}
}

// A document without places is left as it is.
func TestCompareUpdatesOnlyPlaces(t *testing.T) {
	document := filepath.Join(t.TempDir(), "document.md")
	if err := os.WriteFile(document, []byte("text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, diag, status := bench(t, "compare", "-bin", bin, "-quick", "-peers", "epoll", "-cells", "setup:2:10", "-update", document)
	if text, err := os.ReadFile(document); status != 1 || err != nil || string(text) != "text\n" {
		t.Errorf("status %d, %q (%v)", status, text, err)
	}
	contains(t, diag, "no place for")
}
