//go:build unix

package loop

import (
	"fmt"
	"testing"
)

// effortless is the operating system, but every socket always has the same
// bytes to read, and takes what is written, and that costs nothing.
type effortless struct {
	System
	in []byte
}

func (s effortless) Read(_ int, b []byte) (int, Errno)            { return copy(b, s.in), 0 }
func (s effortless) Write(_ int, b []byte) (int, Errno)           { return len(b), 0 }
func (s effortless) Writev(_ int, head, tail []byte) (int, Errno) { return len(head) + len(tail), 0 }

// newEffortless makes a loop of effortless connections.
func newEffortless(b *testing.B, s *script, in []byte, conns int) (r *rig, all []*Conn) {
	r = newRig(b, s)
	for range conns {
		c, _ := r.connect("unix")
		all = append(all, c)
	}
	r.Loop.sys = effortless{r.sys, in}
	return r, all
}

// BenchmarkHandle handles the events of readable connections, as many as come
// at a time, each of which sends back what was read; the time is for each.
func BenchmarkHandle(b *testing.B) {
	for _, batch := range []int{1, maxAhead} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			echo := &script{data: func(c *Conn, got []byte) { c.send(got) }}
			r, conns := newEffortless(b, echo, make([]byte, 125), batch)
			var ready []Event
			for _, c := range conns {
				ready = append(ready, Event{Handle{c.slot, c.gen}, Readable})
			}
			b.ReportAllocs()
			for b.Loop() {
				r.handle(ready)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/read")
		})
	}
}
