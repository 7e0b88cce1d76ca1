package preflight

import (
	"math/bits"
	"strconv"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

const (
	page = 4096

	// What an idle connection holds, measured with a million of them on
	// Linux 6.12: each end of the socket in the kernel, and our client.
	kernelPerEnd = 3900
	clientPerEnd = 700
	// The server may be any: this is between ours and one that has a
	// goroutine and two buffers for each connection.
	serverPerEnd = 1000
)

// buffered is what the kernel holds for a message in flight: its bytes and the
// description of their packets, in whole pages.
func buffered(size int) int { return max(1, (times(2, size)+page-1)/page) * page }

// times multiplies, but gives no more than two of which can be added.
func times(a, b int) int {
	const most = 1 << 61
	if high, low := bits.Mul64(uint64(a), uint64(b)); high == 0 && low < most {
		return int(low)
	}
	return most
}

func (m Machine) memory(n Need) (Check, bool) {
	words := m.line("proc/meminfo", "MemAvailable:")
	if len(words) < 2 {
		return Check{}, false
	}
	kilobytes, err := strconv.Atoi(words[1])
	perConn := n.ends()*kernelPerEnd + clientPerEnd
	if n.Local {
		perConn += serverPerEnd
	}
	need := times(n.Conns, perConn) + times(n.InFlight, buffered(n.Size))
	c := Check{Name: "available memory", Value: report.Bytes(int64(kilobytes) << 10), Need: report.Bytes(int64(need))}
	return graded(c, kilobytes<<10 >= need, Fatal, "the system runs out of memory: open fewer connections"), err == nil
}
