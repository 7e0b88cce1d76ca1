//go:build unix

package loop

import "testing"

// BenchmarkPost posts to a loop that is busy, and runs what was posted.
func BenchmarkPost(b *testing.B) {
	r := newRig(b, new(script))
	f := func() {}
	b.ReportAllocs()
	for b.Loop() {
		r.Post(f)
		r.runPending()
	}
}

// BenchmarkPostWakes posts to a loop that waits, and waits until it has run
// what was posted.
func BenchmarkPostWakes(b *testing.B) {
	r := newRig(b, new(script))
	r.start()
	done := make(chan struct{})
	f := func() { done <- struct{}{} }
	b.ReportAllocs()
	for b.Loop() {
		r.Post(f)
		<-done
	}
}
