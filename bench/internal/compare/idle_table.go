package compare

import (
	"fmt"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// IdleTable is what a number of idle connections needs.
type IdleTable struct {
	Cell
	Rows []IdleRow `json:"peers"`

	peers []Peer
}

// IdleRow is the memory of a peer, in bytes, over all rounds.
type IdleRow struct {
	Peer    string   `json:"peer"`
	LeftOut string   `json:"left_out,omitempty"` // why there is nothing else
	PerConn Spread   `json:"rss_per_connection_bytes"`
	RSS     Spread   `json:"rss_bytes"` // with all connections
	Rounds  []Memory `json:"rounds"`
}

func newIdleTable(p *Plan, cell Cell, samples [][]Memory) *IdleTable {
	t := &IdleTable{Cell: cell, peers: p.Peers}
	for i, peer := range p.Peers {
		row := IdleRow{Peer: peer.Row(), LeftOut: p.missing(peer, cell), Rounds: samples[i]}
		var per, rss []float64
		for _, m := range samples[i] {
			per = append(per, float64(m.Idle-m.Empty)/float64(cell.Conns))
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
		if r.LeftOut != "" {
			text = append(text, []string{r.Peer, r.LeftOut, ""})
			continue
		}
		text = append(text, []string{r.Peer, r.perConn(), report.Bytes(int64(r.RSS.Median))})
	}
	return text
}

func (r *IdleRow) perConn() string {
	per := r.PerConn
	return fmt.Sprintf("%s B (%s-%s)", count(per.Median), count(per.Min), count(per.Max))
}

func count(f float64) string { return report.Count(int64(f)) }

// Figure shows the memory of a connection.
func (t *IdleTable) Figure() report.Figure {
	f := report.Figure{Title: t.String(), Unit: "resident memory of a connection, bytes", LowerIsBetter: true}
	for i, r := range t.Rows {
		bar := r.PerConn.bar(t.peers[i], r.perConn())
		bar.Missing = r.LeftOut
		f.Bars = append(f.Bars, bar)
	}
	return f
}
