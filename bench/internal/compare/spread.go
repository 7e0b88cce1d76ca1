package compare

import (
	"fmt"
	"slices"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// Spread is what a number was over the rounds. It is 0 of a number that is not
// known.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func newSpread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Spread{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1]}
}

// String writes a ratio, with the least and the greatest in brackets.
func (s Spread) String() string {
	if s == (Spread{}) {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f-%.2f)", s.Median, s.Min, s.Max)
}

// bar shows a spread in a figure.
func (s Spread) bar(peer Peer, text string) report.Bar {
	return report.Bar{
		Name: peer.Name, Value: s.Median, Low: s.Min, High: s.Max, Text: text,
		Ours: peer.Name == ours, Limit: peer.Plain,
	}
}
