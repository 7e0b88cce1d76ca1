package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

func TestRatesAreThoseOfLate(t *testing.T) {
	s := &series{recent: []result.Sample{
		{At: time.Second, Messages: 1000, Open: 10},
		{At: 2 * time.Second, Messages: 5000, Open: 12},
		{At: 3 * time.Second, Messages: 5200, Open: 14, Errors: 3},
	}}
	now, messages, conns := s.state()
	if now.Errors != 3 || messages != 2100 || conns != 2 {
		t.Errorf("%+v: %v messages/s, %v connections/s", now, messages, conns)
	}
	s.recent = s.recent[:1]
	if _, messages, conns := s.state(); messages != 0 || conns != 0 {
		t.Errorf("of one sample: %v messages/s, %v connections/s", messages, conns)
	}
}

// What is left at the end is a point if it is long enough to tell something,
// and else a part of the one before.
func TestLastPoint(t *testing.T) {
	for left, want := range map[time.Duration][]float64{
		100 * time.Millisecond: {1000, 1000},
		500 * time.Millisecond: {1000, 990, 220},
	} {
		f, err := startFleet(1, load.Options{URL: "ws://127.0.0.1:1/"})
		if err != nil {
			t.Fatal(err)
		}
		s := &series{fleet: f, server: &watch.Server{}, interval: time.Second}
		s.point(&result.Sample{At: time.Second, Messages: 1000, Errors: 1})
		s.point(&result.Sample{At: 2 * time.Second, Messages: 1990, Errors: 3})
		s.lastPoint(&result.Sample{At: 2*time.Second + left, Messages: 2100, Errors: 4})
		var rates []float64
		errors := 0
		for _, p := range s.points {
			rates = append(rates, math.Round(p.Rate/10)*10)
			errors += p.Errors
		}
		if !slices.Equal(rates, want) || errors != 4 || s.points[len(s.points)-1].At != 2*time.Second+left {
			t.Errorf("%v are left: %v messages/s, %d errors", left, rates, errors)
		}
	}
}
