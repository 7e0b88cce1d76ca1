package main

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(40 * time.Second)
		want := func(line string) {
			t.Helper()
			if got := p.String(); got != line {
				t.Errorf("%q, want %q", got, line)
			}
		}
		want("starting")
		p.step("first", 10*time.Second)
		want("first  ETA 40s")
		time.Sleep(5 * time.Second)
		want("first  ETA 35s")
		time.Sleep(15 * time.Second)
		p.step("second", 20*time.Second) // the first took twice its time
		want("second  ETA 1m0s")
		time.Sleep(time.Hour)
		want("second  ETA 0s")
	})
}
