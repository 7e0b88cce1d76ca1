package report

import (
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/hist"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// summary gives the lines of a report, each a label and a value: only those
// that are known, and that mean something in its mode.
func summary(r *result.Report) (lines [][2]string) {
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, [2]string{label, value})
		}
	}
	add("opened", opened(r))
	add("connect", Latencies(r.Load.Connect))
	add("cut", cut(r.Load.Cut))
	add("completed", completed(r))
	add("messages", messages(&r.Load))
	add("rate", rate(&r.Load))
	add("late", late(r))
	add("latency", Latencies(r.Load.Latency))
	add("client CPU", Processors(r.Load.CPU, r))
	add("server CPU", Processors(r.Server.CPU, r))
	add("server RSS", Memory(&r.Server))
	add("heap", Grown(r.Server.Before.Heap, r.Server.After.Heap, Bytes))
	add("goroutines", Grown(r.Server.Before.Goroutines, r.Server.After.Goroutines, Count[int]))
	add("threads", Grown(r.Server.Before.Threads, r.Server.After.Threads, Count[int]))
	add("GC pauses", pauses(&r.Server))
	add("server", unknown(&r.Server))
	return lines
}

func opened(r *result.Report) string {
	text := fmt.Sprintf("%s of %s", Count(r.Opened), Count(r.Conns))
	if r.Opened > r.Conns { // again and again
		text = fmt.Sprintf("%s, %s at a time", Count(r.Opened), Count(r.Conns))
	}
	if r.DialTime > 0 {
		text += " in " + Duration(r.DialTime)
	}
	return text + fmt.Sprintf("   (%s at the end, %s lost)", Count(r.Held), Count(r.Lost))
}

// Modes that are not about messages: churn is about connections that come and
// go, idle about those that are held.
const (
	churn = "churn"
	idle  = "idle"
)

func completed(r *result.Report) string {
	if r.Mode != churn {
		return ""
	}
	return fmt.Sprintf("%s, from the handshake to the close   (%s/s)",
		Plural(r.Load.Conns, "connection"), Count(int64(perSecond(float64(r.Load.Conns), r.Load.Elapsed))))
}

func messages(o *result.Outcome) string {
	switch {
	case o.Messages == 0 && o.Sent == 0:
		return ""
	case o.Sent != o.Messages && o.Sent > 0:
		return fmt.Sprintf("%s sent, %s received in %s, all of these verified", Count(o.Sent), Count(o.Messages), Duration(o.Elapsed))
	}
	return fmt.Sprintf("%s in %s, all verified", Count(o.Messages), Duration(o.Elapsed))
}

func rate(o *result.Outcome) string {
	if o.Messages == 0 {
		return ""
	}
	return Count(int64(messageRate(o))) + "/s"
}

func messageRate(o *result.Outcome) float64 { return perSecond(float64(o.Messages), o.Elapsed) }

// perSecond is 0 for no time at all.
func perSecond(n float64, elapsed time.Duration) float64 {
	if elapsed <= 0 {
		return 0
	}
	return n / elapsed.Seconds()
}

func cut(n int) string {
	if n == 0 {
		return ""
	}
	return Plural(n, "slow reader") + " by the server"
}

func late(r *result.Report) string {
	switch n := int(r.Load.Late); {
	case n == 0:
		return ""
	case r.Mode == churn:
		return Plural(n, "connection") + " due and not begun, in connect with the time up to the end"
	default:
		return Plural(n, "message") + " due and not sent, with a latency up to the end"
	}
}

// Latencies tells the usual quantiles of a histogram; "" if it is empty.
func Latencies(s hist.Snapshot) string {
	if s.Count() == 0 {
		return ""
	}
	l := result.NewLatency(s)
	return fmt.Sprintf("p50 %s   p90 %s   p99 %s   p99.9 %s   max %s",
		Duration(l.P50), Duration(l.P90), Duration(l.P99), Duration(l.P999), Duration(l.Max))
}

// Processors tells of the processor time of one end: for each message, or in
// churn for each connection, and how many processors that kept busy.
func Processors(used time.Duration, r *result.Report) string {
	if used <= 0 || r.Load.Elapsed <= 0 {
		return ""
	}
	busy := fmt.Sprintf("%.2f processors busy", used.Seconds()/r.Load.Elapsed.Seconds())
	if each, noun := perUnit(used, r); noun != "" {
		return fmt.Sprintf("%s per %s   (%s)", Duration(each), noun, busy)
	}
	return busy
}

// perUnit divides processor time by what it was used for; noun is "" if that
// cannot be counted.
func perUnit(used time.Duration, r *result.Report) (each time.Duration, noun string) {
	if n := r.Load.Conns; r.Mode == churn && n > 0 {
		return used / time.Duration(n), "connection"
	}
	if n := r.Load.Messages; r.Mode != idle && n > 0 {
		return used / time.Duration(n), "message"
	}
	return 0, ""
}

// Memory tells the memory of a server, "" if it is not known.
func Memory(s *result.Server) string {
	if s.Before.RSS == 0 || s.After.RSS == 0 {
		return ""
	}
	text := fmt.Sprintf("%s -> %s", Bytes(s.Before.RSS), Bytes(s.After.RSS))
	if s.RSSPerConn != 0 {
		text = fmt.Sprintf("%s per connection   (%s)", Bytes(s.RSSPerConn), text)
	}
	if s.After.Goroutines == 0 {
		text += ", garbage included: -debug has it collected first"
	}
	return text
}

// Grown tells a number before the connections and with them, "" if one is 0:
// not known.
func Grown[N int | int64](before, after N, write func(N) string) string {
	if before == 0 || after == 0 {
		return ""
	}
	return write(before) + " -> " + write(after)
}

func pauses(s *result.Server) string {
	n := s.After.GCCount - s.Before.GCCount
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("%s in %s   (longest since the server began: %s)",
		Duration(s.After.GCPauseTotal-s.Before.GCPauseTotal), Plural(n, "collection"), Duration(s.After.GCPauseMax))
}

// unknown says why there is nothing of the server, or not all.
func unknown(s *result.Server) string {
	if s.Ended {
		return fmt.Sprintf("process %d has ended", s.PID)
	}
	if s.CPU > 0 || s.After.RSS > 0 || s.After.Goroutines > 0 {
		return ""
	}
	return "not known: it runs elsewhere, or belongs to another user"
}
