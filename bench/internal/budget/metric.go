package budget

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// metric is a figure of a report.
type metric struct {
	unit  unit
	value func(*result.Report) (value float64, known bool)
}

var metrics = map[string]metric{
	"errors":   count(failures),
	"cut":      count(func(r *result.Report) int { return r.Load.Cut }),
	"lost":     count(func(r *result.Report) int { return r.Lost }),
	"held":     count(func(r *result.Report) int { return r.Held }),
	"opened":   count(func(r *result.Report) int { return r.Opened }),
	"late":     count(func(r *result.Report) uint64 { return r.Load.Late }),
	"messages": count(func(r *result.Report) uint64 { return r.Load.Messages }),
	"rate":     {rate, messageRate},

	"rss":          nonzero(bytes, func(r *result.Report) int64 { return r.Server.After.RSS }),
	"rss_per_conn": {bytes, rssPerConn},
	"goroutines":   nonzero(number, func(r *result.Report) int { return r.Server.After.Goroutines }),

	"server_cpu_per_message": perMessage(func(r *result.Report) time.Duration { return r.Server.CPU }),
	"client_cpu_per_message": perMessage(func(r *result.Report) time.Duration { return r.Load.CPU }),
}

func init() {
	for name, of := range quantiles {
		metrics[name] = latency(of, func(r *result.Report) hist.Snapshot { return r.Load.Latency })
		metrics["connect_"+name] = latency(of, func(r *result.Report) hist.Snapshot { return r.Load.Connect })
	}
}

var quantiles = map[string]func(hist.Snapshot) time.Duration{
	"p50":  func(s hist.Snapshot) time.Duration { return s.Quantile(0.5) },
	"p90":  func(s hist.Snapshot) time.Duration { return s.Quantile(0.9) },
	"p99":  func(s hist.Snapshot) time.Duration { return s.Quantile(0.99) },
	"p999": func(s hist.Snapshot) time.Duration { return s.Quantile(0.999) },
	"max":  hist.Snapshot.Max,
	"mean": hist.Snapshot.Mean,
}

// names gives all metrics.
func names() string { return strings.Join(slices.Sorted(maps.Keys(metrics)), ", ") }

// count is a metric that is always known.
func count[N int | uint64](of func(*result.Report) N) metric {
	return metric{number, func(r *result.Report) (float64, bool) { return float64(of(r)), true }}
}

// nonzero is a metric that is 0 if it is not known.
func nonzero[N int | int64](u unit, of func(*result.Report) N) metric {
	return metric{u, func(r *result.Report) (float64, bool) { return float64(of(r)), of(r) != 0 }}
}

func latency(of func(hist.Snapshot) time.Duration, in func(*result.Report) hist.Snapshot) metric {
	return metric{duration, func(r *result.Report) (float64, bool) {
		return float64(of(in(r))), in(r).Count() > 0
	}}
}

func perMessage(of func(*result.Report) time.Duration) metric {
	return metric{duration, func(r *result.Report) (float64, bool) {
		if r.Load.Messages == 0 {
			return 0, false
		}
		return float64(of(r)) / float64(r.Load.Messages), of(r) > 0
	}}
}

func messageRate(r *result.Report) (float64, bool) {
	if r.Load.Elapsed <= 0 {
		return 0, false
	}
	return float64(r.Load.Messages) / r.Load.Elapsed.Seconds(), true
}

// rssPerConn may be 0 or less, where a server gave memory back meanwhile.
func rssPerConn(r *result.Report) (float64, bool) {
	s := r.Server
	return float64(s.RSSPerConn), s.Before.RSS > 0 && s.After.RSS > 0 && r.Held > 0
}

func failures(r *result.Report) (n int) {
	for _, times := range r.Errors {
		n += times
	}
	return n
}
