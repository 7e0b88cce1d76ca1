package compare

import (
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// LoadTable is what the peers needed for a load.
type LoadTable struct {
	Cell
	Rows []LoadRow `json:"peers"`

	peers []Peer
}

// LoadRow is what a peer needed, over all rounds. CPU times are those of one of
// what the load counts: a message, a delivery, a connection.
type LoadRow struct {
	Peer    string       `json:"peer"`
	LeftOut string       `json:"left_out,omitempty"` // why there is nothing else
	Rate    Spread       `json:"per_second"`
	Server  Spread       `json:"server_cpu_ns"`
	Client  Spread       `json:"client_cpu_ns"`
	Cost    Spread       `json:"server_to_client_cpu"`
	First   Spread       `json:"of_first_peer"` // Cost by that of the first peer in the same round
	Ours    Spread       `json:"of_sockeye"`    // Cost by ours in the same round
	Ratio   Spread       `json:"ratio"`         // of replies on the wire by their size
	Rounds  []raw.Result `json:"rounds"`
}

func newLoadTable(p *Plan, cell Cell, samples [][]raw.Result) *LoadTable {
	t := &LoadTable{Cell: cell, peers: p.Peers}
	first, own := samples[0], samples[indexOfOurs(p.Peers)]
	for i, peer := range p.Peers {
		row := LoadRow{Peer: peer.Name, LeftOut: p.missing(peer, cell)}
		if row.LeftOut == "" {
			row.fill(samples[i], first, own)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (row *LoadRow) fill(samples, first, own []raw.Result) {
	over := func(f func(r raw.Result) float64) Spread {
		var values []float64
		for _, r := range samples {
			values = append(values, f(r))
		}
		return newSpread(values)
	}
	row.Rounds = samples
	row.Rate = over(func(r raw.Result) float64 { return float64(r.Count) / r.Elapsed.Seconds() })
	row.Server = over(func(r raw.Result) float64 { return float64(r.ServerCPU) / float64(r.Count) })
	row.Client = over(func(r raw.Result) float64 { return float64(r.ClientCPU) / float64(r.Count) })
	row.Cost = over(cost)
	row.Ratio = over(func(r raw.Result) float64 { return r.Ratio })
	row.First = relative(samples, first)
	row.Ours = relative(samples, own)
}

func cost(r raw.Result) float64 { return float64(r.ServerCPU) / float64(r.ClientCPU) }

// relative compares with another peer, of the same rounds; it is not known if
// that was left out.
func relative(samples, other []raw.Result) Spread {
	var values []float64
	for i := range min(len(samples), len(other)) {
		values = append(values, cost(samples[i])/cost(other[i]))
	}
	return newSpread(values)
}

// large is the payload from which the bytes a second are of interest.
const large = 64 << 10

// Text gives the table for people: medians, and of the ratios also the least
// and the greatest in brackets.
func (t *LoadTable) Text() [][]string {
	first := t.Rows[0].Peer
	head := []string{"", t.unit() + "/s", "server CPU", "client CPU", "server/client", "of " + first}
	if first != ours && t.peers[indexOfOurs(t.peers)].Name == ours {
		head = append(head, "of "+ours)
	}
	if t.Size >= large || t.compresses() {
		head = append(head, "MB/s")
	}
	if t.compresses() {
		head = append(head, "MB by server CPU s", "ratio")
	}
	text := [][]string{head}
	for _, r := range t.Rows {
		text = append(text, t.row(r, head))
	}
	return text
}

func (t *LoadTable) row(r LoadRow, head []string) []string {
	if r.LeftOut != "" {
		return append([]string{r.Peer, r.LeftOut}, make([]string, len(head)-2)...)
	}
	columns := map[string]string{
		"":              r.Peer,
		t.unit() + "/s": report.Count(int64(r.Rate.Median)),
		"MB/s":          report.Count(int64(r.Rate.Median * float64(t.Size) / 1e6)),
		"server CPU":    report.Duration(time.Duration(r.Server.Median)),
		"client CPU":    report.Duration(time.Duration(r.Client.Median)),
		"server/client": r.Cost.String(),
		"of " + ours:    r.Ours.String(),
		"ratio":         fmt.Sprintf("%.2f", r.Ratio.Median),

		"MB by server CPU s": report.Count(int64(float64(t.Size) * 1e3 / r.Server.Median)),
	}
	columns["of "+t.Rows[0].Peer] = r.First.String()
	var row []string
	for _, name := range head {
		row = append(row, columns[name])
	}
	return row
}

// Figure shows what the peers cost by the first one.
func (t *LoadTable) Figure() report.Figure {
	f := report.Figure{
		Title:         t.String(),
		Unit:          "server CPU by client CPU, " + t.Rows[0].Peer + " = 1",
		LowerIsBetter: true,
	}
	for i, r := range t.Rows {
		bar := r.First.bar(t.peers[i], r.First.String())
		bar.Missing = r.LeftOut
		f.Bars = append(f.Bars, bar)
	}
	return f
}
