package engine

import (
	"net/netip"
	"sync"
)

// remote is what proxies have told of a connection; the zero value is one that
// has come through none.
type remote struct {
	ip   [16]byte // of the client, if it is told; of IPv4 mapped to IPv6
	port uint16
	is   remoteFlags
}

type remoteFlags uint8

const (
	told    remoteFlags = 1 << iota // the client's address is
	awaited                         // a PROXY protocol header comes first
	vouched                         // the address, told or not, is a proxy's: its header is believed
	unknown                         // the client's address is not, to the proxy itself
)

// remote gives one of a client whose address is told.
func (p *proxies) remote(client netip.AddrPort) remote {
	r := remote{ip: client.Addr().As16(), port: client.Port(), is: told}
	if p.trusts(client.Addr()) {
		r.is |= vouched
	}
	return r
}

// told gives the client's address, if it is told.
func (r remote) told() (netip.AddrPort, bool) {
	return netip.AddrPortFrom(netip.AddrFrom16(r.ip).Unmap(), r.port), r.is&told != 0
}

// remotes are those of a loop's connections, by slot. They take no memory
// before there are any. Only the loop writes them.
type remotes struct {
	mu     sync.Mutex
	bySlot []remote
}

func (t *remotes) put(slot int, r remote) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slot >= len(t.bySlot) && r == (remote{}) {
		return
	}
	for slot >= len(t.bySlot) {
		t.bySlot = append(t.bySlot, remote{})
	}
	t.bySlot[slot] = r
}

func (t *remotes) at(slot int) remote {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slot >= len(t.bySlot) {
		return remote{}
	}
	return t.bySlot[slot]
}

// remoteLocked gives c's. It must not be gone: its slot is another's then.
func (c *Conn) remoteLocked() remote { return c.sessions().remotes.at(c.conn.Slot()) }
