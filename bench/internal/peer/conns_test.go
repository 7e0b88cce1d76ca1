package peer

import (
	"slices"
	"sync"
	"testing"
)

func TestConns(t *testing.T) {
	var conns Conns[int]
	met := func() (all []int) {
		conns.Each(func(c int) { all = append(all, c) })
		slices.Sort(all)
		return all
	}
	if got := met(); got != nil {
		t.Errorf("met %v before any was added", got)
	}
	for i := range 4 {
		conns.Add(i)
	}
	conns.Remove(2)
	conns.Remove(7)
	if got := met(); !slices.Equal(got, []int{0, 1, 3}) {
		t.Errorf("met %v", got)
	}
	conns.Each(func(c int) { conns.Remove(c) })
	if got := met(); got != nil {
		t.Errorf("met %v after all were removed", got)
	}
}

// What Each calls needs no lock of its own.
func TestConnsHaveOneMessageAtATime(t *testing.T) {
	var conns Conns[*int]
	counts := make([]int, 10)
	for i := range counts {
		conns.Add(&counts[i])
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				conns.Each(func(n *int) { *n++ })
			}
		})
	}
	all.Wait()
	for i, n := range counts {
		if n != 800 {
			t.Errorf("connection %d: %d messages", i, n)
		}
	}
}

func TestNilConnsKeepNone(t *testing.T) {
	var conns *Conns[int]
	conns.Add(1)
	conns.Each(func(c int) { t.Errorf("met %d", c) })
	conns.Remove(1)
}
