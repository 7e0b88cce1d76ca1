package main

import (
	"math"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

func TestWithin(t *testing.T) {
	for value, want := range map[int]string{
		0: "-n 0 is too small: 1 is the least", 1: "", 5: "", 6: "-n 6 is too large: 5 is the most",
	} {
		if err := within("-n", value, 1, 5); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%d: %v, want %q", value, err, want)
		}
	}
}

func TestDurationsAreBounded(t *testing.T) {
	for d, ok := range map[time.Duration]bool{0: false, -1: false, 1: true, load.MaxDuration: true, math.MaxInt64: false} {
		if err := lasting("-d", d); (err == nil) != ok {
			t.Errorf("%v: %v", d, err)
		}
	}
}

// What is too much is said with its flag, before anything is allocated.
func TestHugeNumbers(t *testing.T) {
	for flag, command := range map[string][]string{
		"-size":               {"echo", "-size", "9223372036854775807"},
		"-depth":              {"echo", "-depth", "9223372036854775807"},
		"-conns":              {"check", "-conns", "9223372036854775807"},
		"-conns times -depth": {"check", "-conns", "16777216", "-depth", "1048576"},
		"-parallel":           {"idle", "-parallel", "1000000"},
		"-procs":              {"idle", "-procs", "1000000"},
		"-duration":           {"churn", "-duration", "2562047h"},
		"-rate":               {"echo", "-rate", "Inf"},
		"-dial-rate":          {"echo", "-dial-rate", "NaN"},
		"-messages":           {"churn", "-messages", "-1"},
	} {
		out, diag, status := bench(t, command...)
		if status != 2 || out != "" {
			t.Errorf("%v: status %d, %s", command, status, out)
		}
		contains(t, diag, "bench: "+flag)
	}
}
