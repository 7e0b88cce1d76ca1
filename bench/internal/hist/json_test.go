package hist

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestJSONRestores(t *testing.T) {
	for _, s := range []Snapshot{{}, of(0), of(1, 1, 1_234_567, 2*time.Hour)} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got := of(42)
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.buckets, s.buckets) || got.count != s.count || got.sum != s.sum || got.max != s.max {
			t.Errorf("%s gives %+v, want %+v", text, got, s)
		}
		if len(text) > 500 {
			t.Errorf("%d B for %d durations", len(text), s.Count())
		}
	}
}

func TestJSONHoldsAnHDRHistogram(t *testing.T) {
	text, err := json.Marshal(of(time.Microsecond, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var seen struct{ HDR string }
	if err := json.Unmarshal(text, &seen); err != nil {
		t.Fatal(err)
	}
	h, err := hdrhistogram.Decode([]byte(seen.HDR))
	if err != nil {
		t.Fatal(err)
	}
	if h.TotalCount() != 2 || h.ValueAtPercentile(50) != 1000 {
		t.Errorf("it holds %d, median %d", h.TotalCount(), h.ValueAtPercentile(50))
	}
}

func TestBadJSON(t *testing.T) {
	for _, text := range []string{`7`, `{"count":1}`, `{"count":1,"hdr":"AAAA"}`, `{"count":1,"hdr":"AAAAAAAAAAAAAAAA"}`, `{"count":1,"hdr":"?"}`} {
		s := of(42)
		if err := json.Unmarshal([]byte(text), &s); err == nil || s.Count() != 1 || s.Max() != 42 {
			t.Errorf("%s: %v, %+v", text, err, s)
		}
	}
}
