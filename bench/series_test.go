package main

import (
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
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
