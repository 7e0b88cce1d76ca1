package engine

import (
	"net"
	"net/netip"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// A million connections may lie idle behind proxies; those that do not hold
// nothing.
func TestSizeOfRemote(t *testing.T) {
	if size := unsafe.Sizeof(remote{}); size != 20 {
		t.Errorf("a remote takes %d bytes, want 20", size)
	}
	var none remotes
	none.put(1_000_000, remote{})
	if none.bySlot != nil {
		t.Errorf("%d remotes are held for connections without proxies", len(none.bySlot))
	}
}

func TestRemotes(t *testing.T) {
	p := (&Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}).policy()
	var all remotes
	for i, client := range []string{"192.0.2.1:4711", "[2001:db8::1]:0", "10.0.0.1:65535", "[::ffff:10.0.0.2]:1"} {
		want := netip.MustParseAddrPort(client)
		want = netip.AddrPortFrom(want.Addr().Unmap(), want.Port())
		all.put(7*i, p.remote(want))
		r := all.at(7 * i)
		if got, ok := r.told(); !ok || got != want {
			t.Errorf("%v became %v, %v", want, got, ok)
		}
		if got := r.is&vouched != 0; got != (want.Addr().Is4() && want.Addr().As4()[0] == 10) {
			t.Errorf("%v is taken for a proxy: %v", want, got)
		}
	}
	all.put(7, remote{})
	if _, ok := all.at(7).told(); ok || all.at(8) != (remote{}) || all.at(1000) != (remote{}) {
		t.Error("what was never told, or is forgotten, is told")
	}
}

// A peer of TCP that has gone has no address, which does not make it one of a
// Unix socket. A listener has no peer either.
func TestPeerWithoutAddress(t *testing.T) {
	g, err := newGroup(loop.OS, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	g.start(nil)
	defer g.stop()
	p := (&Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}, TrustUnix: true}).policy()
	for network, addr := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		l, err := net.Listen(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		fd, err := detach(l)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.trustsPeer(g.sessions[0].loop, fd), network == "unix"; got != want {
			t.Errorf("%s: trusted %v, want %v", network, got, want)
		}
		loop.OS.Close(fd)
		l.Close()
	}
}
