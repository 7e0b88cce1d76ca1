package chart

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestTicksOfLinearAxes(t *testing.T) {
	const s = float64(time.Second)
	cases := []struct {
		unit Unit
		high float64
		want []string
	}{
		{Count, 1, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		{Count, 0.3, []string{"0", "0.1", "0.2", "0.3"}},
		{Count, 43_000, []string{"0", "10k", "20k", "30k", "40k"}},
		{Count, 1_250_000, []string{"0", "500k", "1M"}},
		{Whole, 1, []string{"0", "1"}},
		{Whole, 4, []string{"0", "1", "2", "3", "4"}},
		{Bytes, 100, []string{"0", "32 B", "64 B", "96 B"}},
		{Bytes, 5 << 20, []string{"0", "1 MiB", "2 MiB", "3 MiB", "4 MiB", "5 MiB"}},
		{Bytes, 1 << 20, []string{"0", "256 KiB", "512 KiB", "768 KiB", "1 MiB"}},
		{Time, 0.004 * s, []string{"0", "1ms", "2ms", "3ms", "4ms"}},
		{Time, 0.0009 * s, []string{"0", "200µs", "400µs", "600µs", "800µs"}},
		{Time, 60 * s, []string{"0", "15s", "30s", "45s", "1m"}},
		{Time, 600 * s, []string{"0", "2m", "4m", "6m", "8m", "10m"}},
		{Time, 4 * 3600 * s, []string{"0", "1h", "2h", "3h", "4h"}},
		{Time, 9 * 24 * 3600 * s, []string{"0", "48h", "96h", "144h", "192h"}},
	}
	for _, c := range cases {
		f := Axis{Unit: c.unit}.fit([]float64{c.high}, 5, false)
		var got []string
		for _, v := range f.ticks {
			got = append(got, f.tick(v))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("up to %v: %q, want %q", c.high, got, c.want)
		}
	}
}

func TestTicksOfLogarithmicAxes(t *testing.T) {
	cases := []struct {
		low, high float64
		want      []string
	}{
		{0.8e6, 30e6, []string{"1ms", "2ms", "5ms", "10ms", "20ms"}},
		{1e3, 1e9, []string{"1µs", "10µs", "100µs", "1ms", "10ms", "100ms", "1s"}},
		{1, 3600e9, []string{"1ns", "100ns", "10µs", "1ms", "100ms", "10s", "1000s"}},
		{1e6, 1e6, []string{"500µs", "1ms", "2ms"}},
	}
	for _, c := range cases {
		f := Axis{Unit: Time, Scale: Log}.fit([]float64{c.low, c.high}, 5, false)
		var got []string
		for _, v := range f.ticks {
			got = append(got, f.tick(v))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("from %v to %v: %q, want %q", c.low, c.high, got, c.want)
		}
	}
}

func FuzzTicks(f *testing.F) {
	for _, low := range odd {
		for _, high := range odd {
			f.Add(low, high, uint8(5), uint8(0), true)
			f.Add(low, high, uint8(1), uint8(1), false)
			f.Add(low, high, uint8(1), uint8(1), true)
		}
	}
	units := []Unit{Count, Whole, Bytes, Time}
	f.Fuzz(func(t *testing.T, low, high float64, n, kind uint8, rounded bool) {
		axis := Axis{Unit: units[kind%4], Scale: Scale(kind / 4 % 3)}
		most := int(n%20) + 1
		fitted := axis.fit([]float64{low, high}, most, rounded)
		fitted.to = 100
		checkTicks(t, &fitted, 3*most+20) // doubles and fives; nines, which a share has at most 16 of
		for _, v := range []float64{low, high} {
			if at := fitted.at(v); axis.Scale.fits(v) && !(at >= 0 && at <= 100) {
				t.Errorf("%v is at %v", v, at)
			}
		}
	})
}

func checkTicks(t *testing.T, f *fitted, most int) {
	t.Helper()
	if len(f.ticks) > most {
		t.Errorf("%d ticks, want at most %d", len(f.ticks), most)
	}
	last := math.Inf(-1)
	for _, v := range f.ticks {
		if !finite(v) || v <= last {
			t.Fatalf("ticks %v", f.ticks)
		}
		last = v
		if even := f.Scale.even(v); even < f.low-(f.high-f.low)*1e-6 || even > f.high+(f.high-f.low)*1e-6 {
			t.Errorf("tick %v is outside of %v to %v", v, f.low, f.high)
		}
		if text := f.tick(v); text == "" || len(text) > 24 {
			t.Errorf("tick %v is written %q", v, text)
		}
	}
}
