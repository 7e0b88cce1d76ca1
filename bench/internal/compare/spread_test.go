package compare

import "testing"

func TestSpread(t *testing.T) {
	cases := []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{9, 1}, Spread{5, 1, 9}},
		{[]float64{2, 9, 1}, Spread{2, 1, 9}},
		{[]float64{4, 1, 2, 9}, Spread{3, 1, 9}},
	}
	for _, c := range cases {
		if got := newSpread(c.values); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
	if s := (Spread{}).String(); s != "-" {
		t.Errorf("what is not known is written %q", s)
	}
}
