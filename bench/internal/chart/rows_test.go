package chart

import "testing"

func TestTableIsBounded(t *testing.T) {
	l := Lines{Series: []Series{{}}}
	for i := range 1001 {
		l.Series[0].Points = append(l.Series[0].Points, Point{float64(i), 1})
	}
	if got := len(l.Table(100)); got < 80 || got > 101 {
		t.Errorf("%d rows", got)
	}
}
