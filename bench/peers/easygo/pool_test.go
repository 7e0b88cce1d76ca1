package main

import (
	"sync/atomic"
	"testing"
)

func TestPool(t *testing.T) {
	p := newPool(3)
	var running, most atomic.Int64
	done := make(chan struct{}, 100)
	for range 100 {
		p.schedule(func() {
			for n := running.Add(1); ; {
				if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
					break
				}
			}
			running.Add(-1)
			done <- struct{}{}
		})
	}
	for range 100 {
		<-done
	}
	if n := most.Load(); n < 1 || n > 3 {
		t.Errorf("%d tasks at a time", n)
	}
}
