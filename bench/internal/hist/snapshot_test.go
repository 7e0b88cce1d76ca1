package hist

import (
	"slices"
	"testing"
	"time"
)

// of gives a snapshot of some durations.
func of(durations ...time.Duration) Snapshot {
	h := New()
	for _, d := range durations {
		h.Record(0, d)
	}
	return h.Take()
}

func TestMergeIsLikeRecordingBoth(t *testing.T) {
	a := []time.Duration{5, 5, 7, time.Second}
	b := []time.Duration{1, 5, time.Minute}
	want := of(append(slices.Clone(a), b...)...)
	for _, parts := range [][2]Snapshot{{of(a...), of(b...)}, {of(b...), of(a...)}, {{}, want}, {want, {}}} {
		got := parts[0]
		got.Merge(parts[1])
		if !slices.Equal(got.buckets, want.buckets) || got.count != 7 || got.sum != want.sum || got.max != time.Minute {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	a := of(1, 2, 3)
	b := a
	b.Merge(of(2))
	c := a
	c.Merge(of(3))
	if a.Count() != 3 || !slices.Equal(a.buckets, []Bucket{{1, 1}, {2, 1}, {3, 1}}) {
		t.Errorf("the original has become %+v", a)
	}
	if !slices.Equal(b.buckets, []Bucket{{1, 1}, {2, 2}, {3, 1}}) || !slices.Equal(c.buckets, []Bucket{{1, 1}, {2, 1}, {3, 2}}) {
		t.Errorf("copies are %+v and %+v", b, c)
	}
}

func TestBuckets(t *testing.T) {
	got := slices.Collect(of(10, 10, 1_000_000).Buckets())
	if len(got) != 2 || got[0] != (Bucket{10, 2}) || got[1].Count != 1 || got[1].Upper < 1_000_000 || got[1].Upper > 1_001_000 {
		t.Errorf("%v", got)
	}
}
