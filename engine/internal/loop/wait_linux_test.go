package loop

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var (
	parkedPoller   = pollerKind{"parked", func() (Poller, error) { return newEpoll(newParked) }, 100_000}
	blockingPoller = pollerKind{"blocking", func() (Poller, error) { return newEpoll(newBlocking) }, 10_000}

	pollers = []pollerKind{parkedPoller, blockingPoller}
)

// blocking waits in epoll_pwait itself, on a thread of its own: the plain way,
// which parked is checked against.
type blocking struct{ fd int }

func newBlocking(fd int) (waiter, error) { return blocking{fd}, nil }

func (b blocking) wait(raw []unix.EpollEvent, deadline int64) (int, error) {
	timeout := -1
	if deadline >= 0 {
		left := time.Duration(deadline - nanotime())
		timeout = int((max(left, 0) + time.Millisecond - 1) / time.Millisecond)
	}
	n, err := unix.EpollWait(b.fd, raw, timeout)
	if err != nil && err != unix.EINTR {
		return 0, fmt.Errorf("epoll_pwait: %w", err)
	}
	return max(n, 0), nil
}

func (b blocking) close() error { return unix.Close(b.fd) }

// polledBy is the operating system with a poller of choice.
type polledBy struct {
	System
	kind pollerKind
}

func (s polledBy) NewPoller() (Poller, error) { return s.kind.make() }

// Idle loops that are parked hold no threads. That blocking ones do shows that
// the count would tell.
func TestIdleLoopsHoldNoThreads(t *testing.T) {
	t.Run("parked", func(t *testing.T) {
		const loops = 200
		defer startIdle(t, loops, parkedPoller)()
		if n := threads(t); n > loops/2 {
			t.Errorf("%d idle loops, %d threads", loops, n)
		}
	})
	t.Run("blocking", func(t *testing.T) {
		const loops = 30
		defer startIdle(t, loops, blockingPoller)()
		for deadline := time.Now().Add(patience); threads(t) < loops; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d idle loops, %d threads", loops, threads(t))
			}
		}
	})
}

// startIdle runs n loops, and returns when all of them wait.
func startIdle(t *testing.T, n int, kind pollerKind) (stop func()) {
	var running sync.WaitGroup
	loops := make([]*Loop, n)
	for i := range loops {
		l, err := New(polledBy{OS, kind}, new(script))
		if err != nil {
			t.Fatal(err)
		}
		loops[i] = l
		running.Go(func() { l.Run() })
	}
	for _, l := range loops {
		turned := make(chan struct{})
		l.Post(func() { close(turned) })
		receive(t, turned)
		for !l.waiting.Load() {
			time.Sleep(time.Millisecond)
		}
	}
	return func() {
		for _, l := range loops {
			l.Stop()
		}
		running.Wait()
	}
}

// threads counts the threads of the process.
func threads(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "\nThreads:")
	line, _, _ := strings.Cut(after, "\n")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
