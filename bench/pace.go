package main

import (
	"sync"
	"time"
)

// pace tells when a long row of steps will have ended. Each step comes with the
// time that it takes on an ordinary machine, and the pace so far says how this
// machine compares. Any goroutine may call its methods.
type pace struct {
	mu    sync.Mutex
	all   time.Duration // what all steps take
	done  time.Duration // what those take that have ended
	doing time.Duration // what the present one takes
	what  string
	began time.Time
	since time.Time // when the present step began
}

func newPace(all time.Duration) *pace { return &pace{all: all, began: time.Now()} }

// step begins the next step and ends the one before.
func (p *pace) step(what string, takes time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += p.doing
	p.what, p.doing, p.since = what, takes, time.Now()
}

// String tells what is being done, and how long it all goes on.
func (p *pace) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.what == "" {
		return "starting"
	}
	return p.what + "  ETA " + p.left().Round(time.Second).String()
}

func (p *pace) left() time.Duration {
	slower := 1.0
	if p.done > 0 {
		slower = float64(p.since.Sub(p.began)) / float64(p.done)
	}
	left := time.Duration(float64(p.all-p.done)*slower) - time.Since(p.since)
	return max(left, 0)
}
