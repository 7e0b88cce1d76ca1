package report

import (
	"testing"
	"time"
)

func TestGauge(t *testing.T) {
	const second = time.Second
	for want, g := range map[string]Gauge{
		"opening       [#########-----------]  7,412/15,000  3,100/s  ETA 2s  0 errors":           {Doing: "opening", Done: 7412, Total: 15000, Rate: 3100},
		"opening       [--------------------]  0/10  0/s  1 error":                                {Doing: "opening", Total: 10, Errors: 1},
		"opening       [####################]  11/10  5/s  ETA 0s  0 errors":                      {Doing: "opening", Done: 11, Total: 10, Rate: 5},
		"echoing       [######--------------]  3s/10s  120,000/s  ETA 7s  2,000 errors":           {Doing: "echoing", Elapsed: 3400 * time.Millisecond, Length: 10 * second, Rate: 120000, Errors: 2000},
		"holding       [####################]  12s/10s  0/s  ETA 0s  0 errors":                    {Doing: "holding", Elapsed: 12 * second, Length: 10 * second},
		"broadcasting  [##########----------]  5/10  1/s  ETA 5s  0 errors":                       {Doing: "broadcasting", Done: 5, Total: 10, Elapsed: second, Length: 2 * second, Rate: 1},
		"opening       [--------------------]  1/1,000,000,000  0/s  ETA 277777h46m40s  0 errors": {Doing: "opening", Done: 1, Total: 1e9, Rate: 1e-9},
	} {
		if got := g.String(); got != want {
			t.Errorf("\n%s, want\n%s", got, want)
		}
	}
}
