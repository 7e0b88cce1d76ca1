//go:build linux || darwin || freebsd

package loop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func testWake(t *testing.T, p Poller) {
	p.Wake()
	p.Wake()
	expectReady(t, waitFor(t, p, -1)) // woken before it waits
	var others sync.WaitGroup
	for range 100 {
		others.Go(p.Wake)
		expectReady(t, waitFor(t, p, -1))
		others.Wait()
		expectReady(t, poll(t, p)) // takes a Wake that came late
	}
	a, b := socketPair(t)
	ok(t, p.Add(a, here, Readable))
	write(t, b)
	p.Wake()
	expectReady(t, waitFor(t, p, -1), Event{here, Readable}) // together
}

// A Wake that a signal interrupts is written again: the flag that is set by then
// keeps all others from writing.
func TestWakeIsNotInterrupted(t *testing.T) {
	errs := []error{syscall.EINTR, syscall.EINTR, nil}
	uninterrupted(func(fd int, b []byte) (n int, err error) {
		err, errs = errs[0], errs[1:]
		return len(b), err
	}, -1, []byte{1})
	if len(errs) > 0 {
		t.Errorf("gave up with %v to come", errs)
	}
}

// Each of several goroutines asks for something, wakes the poller and waits to
// be answered: one Wake lost, and all come to a halt. One goroutine alone has
// no others whose Wakes would hide that; one that wakes without end meets the
// poller wherever it is.
func testRacingWakes(t *testing.T, p Poller, wakes int) {
	t.Run("alone", func(t *testing.T) { racingWakes(t, p, 1, wakes/2, patience) })
	t.Run("together", func(t *testing.T) { racingWakes(t, p, 4, wakes/8, patience) })
	t.Run("without end", func(t *testing.T) {
		var over atomic.Bool
		var others sync.WaitGroup
		others.Go(func() {
			for ; !over.Load(); runtime.Gosched() {
				p.Wake()
			}
		})
		// With one processor, which is never idle, the runtime looks for
		// events only each 10 ms.
		racingWakes(t, p, 1, wakes/20, 500*time.Millisecond)
		over.Store(true)
		others.Wait()
	})
}

// racingWakes has each of the askers ask so many times, for so long at most.
func racingWakes(t *testing.T, p Poller, askers, times int, limit time.Duration) {
	asked := make([]atomic.Bool, askers)
	answers := make([]chan struct{}, askers)
	var asking atomic.Int32
	asking.Store(int32(askers))
	end := time.Now().Add(limit)
	for i := range asked {
		answers[i] = make(chan struct{}, 1)
		go func() {
			for n := 0; n < times && time.Now().Before(end); n++ {
				asked[i].Store(true)
				p.Wake()
				<-answers[i]
			}
			asking.Add(-1)
			p.Wake()
		}()
	}
	for asking.Load() > 0 {
		expectReady(t, waitFor(t, p, -1))
		for i := range asked {
			if asked[i].Swap(false) {
				answers[i] <- struct{}{}
			}
		}
	}
}

// Descriptors that take the numbers of the poller's must not be written to.
func testWakeAfterClose(t *testing.T, p Poller) {
	p.Wake()
	expectReady(t, waitFor(t, p, -1)) // so that the next Wake writes
	var others sync.WaitGroup
	others.Go(func() {
		for range 1000 {
			p.Wake()
			runtime.Gosched()
		}
	})
	waitFor(t, p, -1)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	a, b := socketPair(t)
	others.Wait()
	p.Wake()
	for _, fd := range []int{a, b} {
		if n, e := OS.Read(fd, make([]byte, 8)); e != syscall.EAGAIN {
			t.Errorf("Wake after Close has written %d bytes to somebody else (%v)", n, e)
		}
	}
}
