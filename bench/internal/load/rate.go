package load

import (
	"context"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// What one goroutine that sends what is due is given to do, and how long it
// sleeps at least.
const (
	perPacer = 20_000 // messages in a second
	nap      = 200 * time.Microsecond
)

// pacing are the goroutines that send what is due.
type pacing struct {
	pacers sync.WaitGroup
	end    context.CancelFunc
}

func (p *pacing) wait() {
	if p.end != nil {
		p.end()
		p.pacers.Wait()
	}
}

func (e *exchange) startPacing() {
	if len(e.conns) == 0 {
		return
	}
	ctx, end := context.WithCancel(context.Background())
	e.pacing.end = end
	n := min(1+int(e.Rate/perPacer), runtime.GOMAXPROCS(0))
	for i := range n {
		e.pacing.pacers.Go(func() { e.pace(ctx, i, n) })
	}
}

// numberLocked gives the number among all messages of message seq of c.
func (e *exchange) numberLocked(c *conn, seq uint64) uint64 {
	return uint64(c.rank) + (seq-c.first)*uint64(len(e.conns))
}

func (e *exchange) dueLocked(c *conn, seq uint64) time.Duration {
	return e.schedule.due(e.numberLocked(c, seq))
}

// isDueLocked reports whether the next message of c is due, before the end.
func (e *exchange) isDueLocked(c *conn, now time.Duration) bool {
	due := e.dueLocked(c, c.sent)
	return due <= now && due < e.began+e.Duration
}

// pace sends every n-th message, from the first one, when it is due. One that
// then has to wait for a reply is sent by whoever receives that, who sees from
// the time alone what is due: so there is no queue.
func (e *exchange) pace(ctx context.Context, first, n int) {
	var buf []byte
	for k := uint64(first); ctx.Err() == nil; k += uint64(n) {
		for wait := e.schedule.due(k) - clock(); wait > 0 && ctx.Err() == nil; wait = e.schedule.due(k) - clock() {
			sleep(ctx, max(wait, nap))
		}
		c := e.conns[k%uint64(len(e.conns))]
		c.mu.Lock()
		e.sendLocked(c, buf, clock())
		c.mu.Unlock()
	}
}

// sleep waits for a time, or less: until ctx ends, or a signal comes. The last
// two milliseconds it sleeps in the system, which is more exact than a timer
// of Go.
func sleep(ctx context.Context, d time.Duration) {
	const coarse = 2 * time.Millisecond
	until := clock() + d
	pause(ctx, d-coarse)
	if left := until - clock(); left > 0 && ctx.Err() == nil {
		t := unix.NsecToTimespec(int64(left))
		unix.Nanosleep(&t, nil)
	}
}

// countLateLocked records the messages of c that were due at the end, but will
// not be sent.
func (e *exchange) countLateLocked(c *conn) {
	if e.Rate > 0 && c.sent < c.last {
		e.group.record.overdue(e.schedule, c.id, e.numberLocked(c, c.sent), uint64(len(e.conns)), c.last-c.sent, e.end)
	}
}
