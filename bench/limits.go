package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
)

// What flags allow at most, beside the limits of package load.
const (
	maxProcs    = 1 << 10
	maxParallel = 1 << 16
	maxInFlight = 1 << 30 // messages outstanding on all connections
)

// within fails unless a flag's value is from least to most.
func within[N int | time.Duration](flag string, value, least, most N) error {
	switch {
	case value < least:
		return fmt.Errorf("%s %v is too small: %v is the least", flag, value, least)
	case value > most:
		return fmt.Errorf("%s %v is too large: %v is the most", flag, value, most)
	}
	return nil
}

// lasting fails unless a flag's duration is some time, and not beyond all.
func lasting(flag string, d time.Duration) error {
	return within(flag, d, 1, load.MaxDuration)
}

// rated fails unless a flag's rate can be kept; 0 is none.
func rated(flag string, rate float64) error {
	if err := load.CheckRate(rate); err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}

// check fails if a flag that all loads have is out of its range.
func (cfg *config) check() error {
	return cmp.Or(
		within("-conns", cfg.Conns, 1, load.MaxConns),
		within("-size", cfg.size, 0, load.MaxSize),
		within("-procs", cfg.procs, 0, maxProcs),
		within("-parallel", cfg.Parallel, 1, maxParallel),
		rated("-dial-rate", cfg.Rate),
		lasting("-interval", cfg.interval),
	)
}

// checkDepth fails if more messages would be outstanding than can be.
func (cfg *config) checkDepth(depth int) error {
	return cmp.Or(
		within("-conns", cfg.Conns, 1, load.MaxConns),
		within("-depth", depth, 0, load.MaxDepth),
		within("-conns times -depth", cfg.Conns*depth, 0, maxInFlight),
	)
}
