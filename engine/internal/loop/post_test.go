//go:build linux || darwin || freebsd

package loop

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// What is posted runs in order, one after the other, and wakes the loop.
func TestPost(t *testing.T) {
	r := newRig(t, &script{})
	r.start()
	const posters, each = 4, 2000
	var next [posters]int // touched by what is posted alone
	var others sync.WaitGroup
	for i := range posters {
		others.Go(func() {
			for n := range each {
				r.Post(func() {
					if next[i] != n {
						t.Errorf("number %d of poster %d ran as number %d", n, i, next[i])
					}
					next[i]++
				})
			}
		})
	}
	others.Wait()
	done := make(chan struct{})
	r.Post(func() { close(done) })
	receive(t, done)
	for i, n := range next {
		if n != each {
			t.Errorf("%d of poster %d's %d have run", n, i, each)
		}
	}
}

// A loop that waits is woken by each Post: one that is lost is never run.
func TestPostWakes(t *testing.T) {
	r := newRig(t, &script{})
	r.start()
	ran := make(chan struct{}, 1)
	for range 20_000 {
		r.Post(func() { ran <- struct{}{} })
		receive(t, ran)
	}
}

// What is posted while others run waits for the next tick, so that it cannot
// keep the loop from its connections.
func TestPostFromPosted(t *testing.T) {
	r := newRig(t, &script{})
	c, p := r.connect("unix")
	turns := 0
	var again func()
	again = func() {
		if turns++; len(r.got[c]) == 0 {
			r.Post(again)
		}
	}
	r.Post(again)
	r.tick()
	if turns != 1 {
		t.Fatalf("ran %d times in a tick", turns)
	}
	p.send([]byte("x"))
	r.until("heard", func() bool { return len(r.got[c]) > 0 })
}

// Stop lets run what was posted before, whose Posts fail if they come too late;
// nothing runs after Run has returned, and Post says so.
func TestStop(t *testing.T) {
	r := newRig(t, &script{})
	var order []string
	say := func(what string) func() { return func() { order = append(order, what) } }
	r.Post(say("first"))
	r.Post(func() {
		r.Stop()
		r.Post(say("posted after Stop, but before the end"))
	})
	r.Post(say("second"))
	r.start()
	r.stop()
	want := []string{"first", "second", "posted after Stop, but before the end"}
	if !slices.Equal(order, want) {
		t.Errorf("ran %q, want %q", order, want)
	}
	if r.Post(func() { t.Error("ran after the end") }) {
		t.Error("Post takes what will not run")
	}
	r.Stop() // does nothing
}

// Whatever Post takes runs, also while the loop is being stopped.
func TestPostWhileStopping(t *testing.T) {
	for range 10 {
		r := newRig(t, &script{})
		r.start()
		var taken, ran atomic.Int32
		var others sync.WaitGroup
		for range 4 {
			others.Go(func() {
				for r.Post(func() { ran.Add(1) }) {
					taken.Add(1)
				}
			})
		}
		r.stop()
		others.Wait()
		if taken.Load() != ran.Load() {
			t.Fatalf("%d of %d have run", ran.Load(), taken.Load())
		}
	}
}

// However often a connection asks to be attended to, it is once for all until
// then.
func TestAttend(t *testing.T) {
	attended := make(chan *Conn, 100)
	r := newRig(t, &script{attended: func(c *Conn) { attended <- c }})
	c, _ := r.connect("unix")
	ask := func() {
		c.Lock()
		defer c.Unlock()
		c.AttendLocked()
		c.AttendLocked()
		if !c.Attending() {
			t.Error("it is not on its way")
		}
	}
	ask()
	ask()
	r.tick()
	if n := len(attended); n != 1 || c.Attending() {
		t.Fatalf("attended to %d times, another one on its way: %v", n, c.Attending())
	}
	r.start()
	for range 3 {
		ask()
		receive(t, attended)
	}
}
