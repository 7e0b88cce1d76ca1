package preflight

import (
	"fmt"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// ports checks the ephemeral ports: each pair of addresses has all of them.
func (m Machine) ports(n Need) (Check, bool) {
	const name, first, last = "net.ipv4.ip_local_port_range", 1024, 65535
	bounds := m.numbers("net/ipv4/ip_local_port_range")
	if len(bounds) < 2 {
		return Check{}, false
	}
	ports := bounds[1] - bounds[0] + 1
	c := Check{Name: name, Value: fmt.Sprintf("%d-%d: %s", bounds[0], bounds[1], report.Count(ports)), Need: report.Count(n.PerPair)}
	if n.PerPair > last-first+1 {
		return graded(c, false, Fatal, "no address has so many ports: load from several machines, or a server on 127.0.0.1"), true
	}
	fix := fmt.Sprintf(`sysctl -w %s="%d %d"`, name, first, last)
	return graded(c, ports >= n.PerPair, Fatal, "later connections find no free port", fix), true
}

// conntrack checks the firewall's table of connections, where there is one.
func (m Machine) conntrack(n Need) (Check, bool) {
	limit, known := m.number("net/netfilter/nf_conntrack_max")
	now, tracking := m.number("net/netfilter/nf_conntrack_count")
	need := now + n.Conns
	c := Check{Name: "net.netfilter.nf_conntrack_max", Value: report.Count(limit), Need: report.Count(need)}
	fix := sysctl("net.netfilter.nf_conntrack_max", need)
	return graded(c, limit >= need, Warning, "if the firewall tracks them, it drops packets of later connections", fix), known && tracking
}

// backlog checks how many connections may wait for the server to accept them.
func (m Machine) backlog(n Need) (Check, bool) {
	const name = "net.core.somaxconn"
	limit, known := m.number("net/core/somaxconn")
	c := Check{Name: name, Value: report.Count(limit), Need: report.Count(n.Dialing)}
	fix := sysctl(name, n.Dialing)
	return graded(c, limit >= n.Dialing, Warning, "opening stalls for a second at a time; start the server again after", fix), known && n.Local
}

// tcpMemory checks the pages that all sockets together may fill with what is
// not read yet. Nothing in flight takes less than a page.
func (m Machine) tcpMemory(n Need) (Check, bool) {
	const name = "net.ipv4.tcp_mem"
	limits := m.numbers("net/ipv4/tcp_mem") // low, pressure, most
	if len(limits) < 3 {
		return Check{}, false
	}
	need := times(n.InFlight, buffered(n.Size)) / page
	c := Check{Name: name, Value: fmt.Sprintf("%s pages", report.Count(limits[2])), Need: report.Count(need)}
	fix := fmt.Sprintf(`sysctl -w %s="%d %d %d"`, name, need, need*5/4, need*3/2)
	if need <= limits[2] {
		return graded(c, need <= limits[1], Warning, "the kernel makes sockets' buffers smaller", fix), true
	}
	return graded(c, false, Fatal, "the kernel drops what does not fit", fix), true
}
