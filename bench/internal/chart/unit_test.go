package chart

import (
	"math"
	"testing"
	"time"
)

func TestWriteTicks(t *testing.T) {
	const s = float64(time.Second)
	cases := []struct {
		unit Unit
		v    float64
		want string
	}{
		{Count, 0, "0"}, {Count, 0.25, "0.25"}, {Count, -1500, "-1.5k"}, {Count, 999, "999"}, {Count, 1000, "1k"},
		{Count, 2.5e12, "2.5T"}, {Count, 1e18, "1e+06T"},
		{Bytes, 1, "1 B"}, {Bytes, 1536, "1.5 KiB"}, {Bytes, 1 << 40, "1 TiB"},
		{Time, 0.5, "0.5ns"}, {Time, 1500, "1.5µs"}, {Time, 90 * s, "1m30s"}, {Time, 60 * s, "1m"}, {Time, 75 * s, "1m15s"},
		{Time, 100 * s, "100s"}, {Time, 5400 * s, "1h30m"}, {Time, -3600 * s, "-1h"}, {Time, 1e20, "1157k days"},
	}
	for _, c := range cases {
		if got := c.unit.write(c.v); got != c.want {
			t.Errorf("%v: %q, want %q", c.v, got, c.want)
		}
	}
}

func TestStepsArePleasant(t *testing.T) {
	cases := []struct {
		unit        Unit
		least, want float64
	}{
		{Count, 0.0301, 0.05}, {Count, 1, 1}, {Count, 5.1, 10}, {Whole, 0.2, 1}, {Whole, 11, 20},
		{Bytes, 3, 4}, {Bytes, 600, 1024}, {Time, 3e9, 5e9}, {Time, 11e9, 15e9}, {Time, 61e9, 120e9},
		{Time, 13 * 3600e9, 86400e9}, {Time, 3 * 86400e9, 5 * 86400e9},
	}
	for _, c := range cases {
		if got := c.unit.step(c.least); math.Abs(got-c.want) > c.want*nearly {
			t.Errorf("at least %v: %v, want %v", c.least, got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	cases := map[time.Duration]string{
		0: "0s", time.Minute: "1m", time.Hour: "1h", 3*time.Hour + time.Second: "3h0m1s", 90 * time.Minute: "1h30m",
		10 * time.Minute: "10m", 20 * time.Second: "20s", 1500 * time.Microsecond: "1.5ms",
	}
	for d, want := range cases {
		if got := Duration(d); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
