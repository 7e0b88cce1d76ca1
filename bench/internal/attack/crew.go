package attack

import (
	"context"
	"sync"
	"time"
)

// Report is what an attack came to.
type Report struct {
	Answers map[string]int `json:"answers"`             // how often each came
	Met     map[string]int `json:"met"`                 // what else was met, likewise
	Longest time.Duration  `json:"longest_ns"`          // that a connection lasted
	Served  time.Duration  `json:"served_ns,omitempty"` // until the last one was, of those who come back until they are
}

// Add adds what others of the same attack saw.
func (r *Report) Add(other Report) {
	r.Answers, r.Met = sum(r.Answers, other.Answers), sum(r.Met, other.Met)
	r.Longest, r.Served = max(r.Longest, other.Longest), max(r.Served, other.Served)
}

func sum(a, b map[string]int) map[string]int {
	all := map[string]int{}
	for _, m := range []map[string]int{a, b} {
		for name, n := range m {
			all[name] += n
		}
	}
	return all
}

// crew are those who attack together.
type crew struct {
	*Attack
	addr  string
	began time.Time
	over  context.Context // ends with the attack

	mu     sync.Mutex
	report Report
	plays  int
}

// Run attacks the server at addr until ctx ends, with attackers of the
// numbers first to first+conns-1. Then each finishes what it is at; a
// connection that the server holds open is given up some seconds later.
func (a *Attack) Run(ctx context.Context, addr string, first, conns int) Report {
	c := &crew{Attack: a, addr: addr, began: time.Now(), over: ctx, report: Report{Answers: map[string]int{}, Met: map[string]int{}}}
	var all sync.WaitGroup
	for i := range conns {
		all.Go(func() { c.attack(first + i) })
	}
	all.Wait()
	return c.report
}

// attack plays until the time is over, at least once.
func (c *crew) attack(number int) {
	for again := true; again; again = !c.Once && !c.isOver() {
		a := &attacker{crew: c, number: number}
		answer := c.play(a)
		a.hangUp()
		c.answered(answer, time.Since(a.since))
	}
}

func (c *crew) isOver() bool { return c.over.Err() != nil }

// answered counts an answer, and how long it took to come.
func (c *crew) answered(answer string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Answers[answer]++
	c.report.Longest = max(c.report.Longest, took)
}

// meet counts what is met on the way to an answer.
func (c *crew) meet(what string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Met[what] += n
}

// served tells that one has been served.
func (c *crew) served() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Served = time.Since(c.began)
}

// next numbers the plays.
func (c *crew) next() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plays++
	return c.plays - 1
}
