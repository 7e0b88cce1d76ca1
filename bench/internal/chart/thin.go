package chart

import (
	"cmp"
	"slices"
)

// mostPoints bounds the size of a line: no screen shows more.
const mostPoints = 1000

// thin gives the points of a line that are seen: where they are too many, the
// least and the greatest of neighbours.
func (l Lines) thin(points []Point) (seen []Point) {
	if len(points) <= mostPoints {
		return points
	}
	for near := range slices.Chunk(points, 2*(len(points)/mostPoints+1)) {
		runs := slices.Concat(l.runs(near)...)
		if len(runs) == 0 {
			seen = append(seen, near[0]) // still a gap
			continue
		}
		low, high := slices.MinFunc(runs, byY), slices.MaxFunc(runs, byY)
		if low.X > high.X {
			low, high = high, low
		}
		seen = append(seen, low)
		if high != low {
			seen = append(seen, high)
		}
	}
	return seen
}

func byY(a, b Point) int { return cmp.Compare(a.Y, b.Y) }

// runs divides a line at its gaps.
func (l Lines) runs(points []Point) (runs [][]Point) {
	for len(points) > 0 {
		n := slices.IndexFunc(points, func(p Point) bool { return !l.shows(p) })
		if n < 0 {
			return append(runs, points)
		}
		if n > 0 {
			runs = append(runs, points[:n])
		}
		points = points[n+1:]
	}
	return runs
}
