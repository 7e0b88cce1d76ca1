package compare

import (
	"fmt"
	"slices"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// Table is the outcome of a cell.
type Table struct {
	Cell
	Rows []Row `json:"peers"`
}

// Row is the outcome of a peer, over all rounds.
type Row struct {
	Peer   string       `json:"peer"`
	Rate   Spread       `json:"messages_per_second"`
	Server Spread       `json:"server_cpu_per_message_ns"`
	Client Spread       `json:"client_cpu_per_message_ns"`
	Cost   Spread       `json:"server_to_client_cpu"`
	First  Spread       `json:"of_first_peer"` // Cost by that of the first peer in the same round
	Rounds []raw.Result `json:"rounds"`
}

// Spread is what a number was over the rounds.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func newSpread(values []float64) Spread {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	return Spread{Median: (v[(n-1)/2] + v[n/2]) / 2, Min: v[0], Max: v[n-1]}
}

func newTable(peers []Peer, cell Cell, samples [][]raw.Result) Table {
	t := Table{Cell: cell}
	for i, p := range peers {
		t.Rows = append(t.Rows, newRow(p.Name, samples[i], samples[0]))
	}
	return t
}

func newRow(name string, samples, first []raw.Result) Row {
	over := func(f func(i int) float64) Spread {
		var values []float64
		for i := range samples {
			values = append(values, f(i))
		}
		return newSpread(values)
	}
	return Row{
		Peer:   name,
		Rate:   over(func(i int) float64 { return float64(samples[i].Messages) / samples[i].Elapsed.Seconds() }),
		Server: over(func(i int) float64 { return perMessage(samples[i].ServerCPU, samples[i]) }),
		Client: over(func(i int) float64 { return perMessage(samples[i].ClientCPU, samples[i]) }),
		Cost:   over(func(i int) float64 { return cost(samples[i]) }),
		First:  over(func(i int) float64 { return cost(samples[i]) / cost(first[i]) }),
		Rounds: samples,
	}
}

func perMessage(cpu time.Duration, r raw.Result) float64 { return float64(cpu) / float64(r.Messages) }

func cost(r raw.Result) float64 { return float64(r.ServerCPU) / float64(r.ClientCPU) }

// Text gives the table for people: medians, and of the ratios also the least
// and the greatest in brackets.
func (t *Table) Text() [][]string {
	text := [][]string{{"", "messages/s", "server CPU", "client CPU", "server/client", "of " + t.Rows[0].Peer}}
	for _, r := range t.Rows {
		text = append(text, []string{
			r.Peer,
			report.Count(int64(r.Rate.Median)),
			report.Duration(time.Duration(r.Server.Median)),
			report.Duration(time.Duration(r.Client.Median)),
			r.Cost.String(),
			r.First.String(),
		})
	}
	return text
}

func (s Spread) String() string { return fmt.Sprintf("%.2f (%.2f-%.2f)", s.Median, s.Min, s.Max) }
