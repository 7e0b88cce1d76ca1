package engine

import "testing"

func TestDescriptorsToReserve(t *testing.T) {
	for maxConns, want := range map[int]int{
		0:             65_536,
		1:             1 + 1024 + 256,
		100_000:       100_000 + 1024 + 256,
		1_000_000_000: 1<<20 + 1024 + 256,
	} {
		if got := NewServer(nil, Options{MaxConns: maxConns}).admission.descriptors(); got != want {
			t.Errorf("MaxConns %d: %d descriptors, want %d", maxConns, got, want)
		}
	}
}
