package hist

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestEmpty(t *testing.T) {
	var h Histogram
	if h.Count() != 0 || h.Max() != 0 || h.Quantile(0.5) != 0 {
		t.Fatalf("count %d, max %v, median %v", h.Count(), h.Max(), h.Quantile(0.5))
	}
}

func TestBucketsJoinWithoutGap(t *testing.T) {
	for i := range buckets - 1 {
		if bucket(upper(i)) != i || bucket(upper(i)+1) != i+1 {
			t.Fatalf("bucket %d ends at %d, which is in %d; the next value is in %d",
				i, upper(i), bucket(upper(i)), bucket(upper(i)+1))
		}
	}
	if last := upper(buckets - 1); last != math.MaxInt64 {
		t.Fatalf("the last bucket ends at %d", last)
	}
}

// The oracle keeps and sorts every value.
func TestQuantilesOfManyValues(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(math.Exp(random.Float64() * 30))
		h.Record(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[max(int(math.Ceil(q*float64(len(all)))), 1)-1]
		got := h.Quantile(q)
		if got < want || float64(got-want) > float64(want)/sub {
			t.Errorf("quantile %v is %d, want %d and at most 1/%d more", q, got, want, sub)
		}
	}
	if h.Count() != uint64(len(all)) || h.Max() != all[len(all)-1] {
		t.Errorf("count %d, max %v", h.Count(), h.Max())
	}
}

func TestExtremes(t *testing.T) {
	var h Histogram
	h.Record(-time.Second)
	if h.Count() != 1 || h.Max() != 0 || h.Quantile(1) != 0 {
		t.Errorf("a negative duration counts as %v", h.Max())
	}
	h.Record(math.MaxInt64)
	if h.Max() != math.MaxInt64 || h.Quantile(1) != math.MaxInt64 {
		t.Errorf("the longest duration counts as %v", h.Max())
	}
}

func TestRecordFromManyGoroutines(t *testing.T) {
	var h Histogram
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 1000 {
				h.Record(time.Duration(g*1000 + i))
			}
		})
	}
	all.Wait()
	if h.Count() != 8000 || h.Max() != 7999 {
		t.Fatalf("count %d, max %d", h.Count(), h.Max())
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	h := new(Histogram)
	if n := testing.AllocsPerRun(100, func() { h.Record(time.Millisecond) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	h := new(Histogram)
	d := time.Duration(1)
	for b.Loop() {
		h.Record(d & (1<<24 - 1))
		d = d*6364136223846793005 + 1
	}
}
