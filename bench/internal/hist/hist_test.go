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
	for _, s := range []Snapshot{{}, New().Take()} {
		if s.Count() != 0 || s.Max() != 0 || s.Mean() != 0 || s.Quantile(0.5) != 0 {
			t.Errorf("count %d, max %v, mean %v, median %v", s.Count(), s.Max(), s.Mean(), s.Quantile(0.5))
		}
		for b := range s.Buckets() {
			t.Errorf("has a bucket %v", b)
		}
	}
}

// The oracle keeps and sorts every value.
func TestQuantilesOfManyValues(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	h := New()
	var all []time.Duration
	sum := 0.0
	for i := range 20_000 {
		d := time.Duration(math.Exp(random.Float64() * math.Log(float64(longest))))
		h.Record(uint64(i), d)
		all = append(all, d)
		sum += float64(d)
	}
	slices.Sort(all)
	s := h.Take()
	for _, q := range []float64{0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[max(int(math.Ceil(q*float64(len(all)))), 1)-1]
		got := s.Quantile(q)
		if got < want || float64(got-want) > float64(want)/1000 {
			t.Errorf("quantile %v is %d, want %d and at most 0.1 percent more", q, got, want)
		}
	}
	if s.Count() != uint64(len(all)) || s.Max() != all[len(all)-1] {
		t.Errorf("count %d, max %v", s.Count(), s.Max())
	}
	if mean := sum / float64(len(all)); math.Abs(float64(s.Mean())-mean) > 1 {
		t.Errorf("mean %v, want %v", s.Mean(), time.Duration(mean))
	}
}

func TestExtremes(t *testing.T) {
	h := New()
	h.Record(0, -time.Second)
	if s := h.Take(); s.Count() != 1 || s.Max() != 0 || s.Quantile(1) != 0 {
		t.Errorf("a negative duration counts as %v", s.Max())
	}
	h.Record(0, math.MaxInt64)
	h.Record(0, 1)
	s := h.Take()
	if s.Count() != 2 || s.Quantile(0.5) != 1 || s.Max() != math.MaxInt64 || s.Quantile(1) != math.MaxInt64 {
		t.Errorf("of 1 ns and the longest duration the median is %v, the maximum %v", s.Quantile(0.5), s.Max())
	}
}

func TestTakeGivesEachDurationOnce(t *testing.T) {
	h := New()
	var recorders sync.WaitGroup
	for who := range uint64(8) {
		recorders.Go(func() {
			for i := range uint64(1000) {
				h.Record(who, time.Duration(who*1000+i))
			}
		})
	}
	var all Snapshot
	for range 10 {
		all.Merge(h.Take())
	}
	recorders.Wait()
	all.Merge(h.Take())
	if all.Count() != 8000 || all.Max() != 7999 {
		t.Fatalf("count %d, max %d", all.Count(), all.Max())
	}
	if s := h.Take(); s.Count() != 0 || s.Max() != 0 {
		t.Fatalf("then there are %d more, up to %v", s.Count(), s.Max())
	}
}

func TestRecordAllocatesNothing(t *testing.T) {
	h := New()
	if n := testing.AllocsPerRun(100, func() { h.Record(1, time.Millisecond) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	h := New()
	d := time.Duration(1)
	for b.Loop() {
		h.Record(1, d&(1<<24-1))
		d = d*6364136223846793005 + 1
	}
}

func BenchmarkRecordParallel(b *testing.B) {
	h := New()
	b.RunParallel(func(p *testing.PB) {
		random := rand.New(rand.NewPCG(1, 2))
		for p.Next() {
			x := random.Uint64()
			h.Record(x>>32, time.Duration(x&(1<<24-1)))
		}
	})
}

func BenchmarkTake(b *testing.B) {
	h := New()
	for b.Loop() {
		for i := range 1000 {
			h.Record(0, time.Duration(i)*time.Microsecond)
		}
		h.Take()
	}
}
