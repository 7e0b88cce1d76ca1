package chart

import (
	"math"
	"slices"
	"testing"
)

func TestLongLinesKeepTheirPeaks(t *testing.T) {
	var points []Point
	for i := range 20_000 {
		points = append(points, Point{float64(i), math.Sin(float64(i))})
	}
	points[14_000].Y, points[14_001].Y = 9, -9
	points[6003].Y = math.NaN()
	for i := 10_000; i < 12_000; i++ {
		points[i].Y = math.NaN()
	}
	l := Lines{Series: []Series{{Points: points}}}
	seen := l.thin(points)
	if len(seen) > mostPoints || !slices.Contains(seen, Point{14_000, 9}) || !slices.Contains(seen, Point{14_001, -9}) {
		t.Errorf("%d points, or a peak is lost", len(seen))
	}
	if !slices.IsSortedFunc(seen, func(a, b Point) int { return int(a.X - b.X) }) {
		t.Error("points are out of order")
	}
	if runs := l.runs(seen); len(runs) != 2 {
		t.Errorf("%d runs, want those before and after the gap", len(runs))
	}
	if size := len(l.Draw()); size > 100_000 {
		t.Errorf("the drawing has %d bytes", size)
	}
}
