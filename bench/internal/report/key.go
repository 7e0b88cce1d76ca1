package report

import (
	"fmt"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// key is a figure that is read first.
type key struct {
	Value, Label, Detail string
	Bad                  bool
}

// keys gives the key figures of a report, only those that are known.
func keys(r *result.Report) (all []key) {
	if r.Mode == churn {
		all = append(all, key{Value: Count(int64(perSecond(float64(r.Load.Conns), r.Load.Elapsed))), Label: "connections/s",
			Detail: fmt.Sprintf("%s in %s", Count(r.Load.Conns), Duration(r.Load.Elapsed))})
	}
	if r.Mode != idle && r.Load.Messages > 0 {
		all = append(all, key{Value: Count(int64(messageRate(&r.Load))), Label: "messages/s",
			Detail: fmt.Sprintf("%s in %s", Count(r.Load.Messages), Duration(r.Load.Elapsed))})
	}
	all = append(all, latencyKeys(r)...)
	if r.Mode != churn {
		all = append(all, key{Value: Count(r.Held), Label: "connections held",
			Detail: fmt.Sprintf("%s asked for, %s lost", Count(r.Conns), Count(r.Lost)), Bad: r.Lost > 0})
	}
	n := total(r.Errors)
	errors := key{Value: Count(n), Label: "errors", Bad: n > 0}
	if n > 0 {
		errors.Detail = "of " + Plural(len(r.Errors), "kind")
	}
	return append(append(all, errors), serverKeys(r)...)
}

func latencyKeys(r *result.Report) []key {
	if r.Load.Latency.Count() == 0 {
		return nil
	}
	l := result.NewLatency(r.Load.Latency)
	return []key{
		{Value: Duration(l.P50), Label: "median latency", Detail: "90% below " + Duration(l.P90)},
		{Value: Duration(l.P99), Label: "99th percentile", Detail: "99.9% below " + Duration(l.P999)},
		{Value: Duration(l.Max), Label: "slowest", Detail: "mean " + Duration(r.Load.Latency.Mean())},
	}
}

func serverKeys(r *result.Report) (all []key) {
	if s := r.Server; s.RSSPerConn != 0 {
		all = append(all, key{Value: Bytes(s.RSSPerConn), Label: "server memory per connection",
			Detail: Bytes(s.After.RSS) + " in all"})
	}
	if each, noun := perUnit(r.Server.CPU, r); each > 0 {
		all = append(all, key{Value: Duration(each), Label: "server CPU per " + noun,
			Detail: fmt.Sprintf("%.2f processors busy", r.Server.CPU.Seconds()/r.Load.Elapsed.Seconds())})
	}
	return all
}
