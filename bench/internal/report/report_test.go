package report

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestCount(t *testing.T) {
	cases := map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567",
		-1: "-1", -999: "-999", -1234: "-1,234",
	}
	for n, want := range cases {
		if got := Count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	cases := map[int64]string{
		0: "0 B", 97: "97 B", -97: "-97 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB",
		1<<20 - 1: "1.0 MiB", 9 << 20: "9.0 MiB", -9 << 20: "-9.0 MiB", 5 << 40: "5.0 TiB", 5 << 50: "5120.0 TiB",
	}
	for n, want := range cases {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	cases := map[time.Duration]string{
		0: "0s", 5: "5ns", 999: "999ns", 81_349: "81.3µs", 999_949: "1ms", 2_104_000: "2.1ms",
		-81_349: "-81.3µs", 1_234_567_890: "1.23s", 10 * time.Second: "10s", 62 * time.Second: "1m2s",
	}
	for d, want := range cases {
		if got := Duration(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
	if got := Duration(math.MaxInt64); got == "" {
		t.Error("nothing for the longest")
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 errors", 1: "1 error", 2000: "2,000 errors"} {
		if got := Plural(n, "error"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLines(t *testing.T) {
	var b strings.Builder
	Lines(&b, [][2]string{{"rate", "1/s"}, {"latency", "2µs"}})
	if want := "  rate         1/s\n  latency      2µs\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	Table(&b, [][]string{{"peer", "µs/message", ""}, {"epoll", "2.5", "x"}, {"ours", "12.25", "long"}})
	want := "  peer    µs/message\n  epoll          2.5      x\n  ours         12.25   long\n"
	if b.String() != want {
		t.Errorf("\n%s, want\n%s", b.String(), want)
	}
}
