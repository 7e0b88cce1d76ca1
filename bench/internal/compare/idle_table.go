package compare

import (
	"fmt"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// IdleTable is what a number of idle connections needs.
type IdleTable struct {
	Conns int       `json:"conns"`
	Rows  []IdleRow `json:"peers"`
}

// IdleRow is the memory of a peer, in bytes, over all rounds.
type IdleRow struct {
	Peer    string   `json:"peer"`
	PerConn Spread   `json:"rss_per_connection_bytes"`
	RSS     Spread   `json:"rss_bytes"` // with all connections
	Rounds  []Memory `json:"rounds"`
}

func (t *IdleTable) String() string {
	return fmt.Sprintf("%s, idle after one %d B message each", report.Plural(t.Conns, "connection"), IdleSize)
}

func newIdleTable(peers []Peer, n int, samples [][]Memory) IdleTable {
	t := IdleTable{Conns: n}
	for i, p := range peers {
		row := IdleRow{Peer: p.Name, Rounds: samples[i]}
		var per, rss []float64
		for _, m := range samples[i] {
			per = append(per, float64(m.Idle-m.Empty)/float64(n))
			rss = append(rss, float64(m.Idle))
		}
		row.PerConn, row.RSS = newSpread(per), newSpread(rss)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Text gives the table for people: medians, and of the memory of a connection
// also the least and the greatest in brackets.
func (t *IdleTable) Text() [][]string {
	text := [][]string{{"", "RSS/connection", "RSS in all"}}
	for _, r := range t.Rows {
		per := r.PerConn
		text = append(text, []string{
			r.Peer,
			fmt.Sprintf("%s B (%s-%s)", count(per.Median), count(per.Min), count(per.Max)),
			report.Bytes(int64(r.RSS.Median)),
		})
	}
	return text
}

func count(f float64) string { return report.Count(int64(f)) }
