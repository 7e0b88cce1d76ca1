package engine

import (
	"context"
	"runtime/pprof"
	"sync"
)

// turnLetters is how many calls a worker makes for one connection before the
// next one has its turn.
const turnLetters = 16

// executor runs workers.
type executor interface {
	// start makes one more worker work: it has w.turn called until that
	// returns false, as w.work does. It does not make its caller wait.
	start(w *workers)
}

// workers call the handlers of a server's connections. Connections that have
// letters wait in a queue, each in it once at most, so that it is no longer
// than there are connections. A worker exists only while there is work.
type workers struct {
	executor executor
	limit    int    // of workers
	letters  int    // that are a turn
	work     func() // a worker's life

	mu          sync.Mutex
	first, last *mailbox // the queue
	running     int      // workers
	closing     bool
	ended       chan struct{} // closed when no worker is left after stop
}

func newWorkers(limit int, e executor) *workers {
	w := &workers{executor: e, limit: limit, letters: turnLetters, ended: make(chan struct{})}
	w.work = func() {
		for w.turn() {
		}
	}
	return w
}

// startWorkers makes workers on goroutines; none if limit is 0.
func startWorkers(limit int) *workers {
	if limit == 0 {
		return nil
	}
	return newWorkers(limit, goroutines{})
}

// goroutines is the executor of real programs. A goroutine lives only while
// there is work: to start one costs less than to keep and wake it.
type goroutines struct{}

func (goroutines) start(w *workers) {
	go func() {
		pprof.SetGoroutineLabels(workerLabels)
		w.work()
	}()
}

// ready puts b in the queue, in which it must not be yet, nor with a worker.
func (w *workers) ready(b *mailbox) {
	w.mu.Lock()
	w.pushLocked(b)
	more := w.running < w.limit
	if more {
		w.running++
	}
	w.mu.Unlock()
	if more {
		w.executor.start(w)
	}
}

// again puts b in the queue after its turn.
func (w *workers) again(b *mailbox) {
	w.mu.Lock()
	w.pushLocked(b)
	w.mu.Unlock()
}

func (w *workers) pushLocked(b *mailbox) {
	if w.last == nil {
		w.first = b
	} else {
		w.last.next = b
	}
	w.last = b
}

// turn is the part of a worker's work that is for one connection. It returns
// false, and the worker ends, when no connection waits.
func (w *workers) turn() bool {
	b := w.take()
	if b == nil {
		return false
	}
	returned := false
	defer func() {
		if !returned { // a handler has ended the goroutine: another one goes on
			w.again(b)
			w.executor.start(w)
		}
	}()
	more := b.conn.sessions().mail.deliver(b, w.letters)
	if returned = true; more {
		w.again(b)
	}
	return true
}

// take gives the connection that has waited longest. If there is none, one
// worker less is running.
func (w *workers) take() *mailbox {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.first
	if b == nil {
		w.running--
		w.endLocked()
		return nil
	}
	w.first, b.next = b.next, nil
	if w.first == nil {
		w.last = nil
	}
	return b
}

// stop lets the workers end when all is done. Nothing may become ready any
// more. Like wait, it does nothing if w is nil.
func (w *workers) stop() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closing {
		w.closing = true
		w.endLocked()
	}
}

func (w *workers) endLocked() {
	if w.closing && w.running == 0 {
		close(w.ended)
	}
}

// wait waits, after stop, until all handlers have returned. The error is that
// of ctx, should it end before.
func (w *workers) wait(ctx context.Context) error {
	if w == nil {
		return nil
	}
	select {
	case <-w.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
