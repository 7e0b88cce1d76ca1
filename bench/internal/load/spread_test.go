package load

import (
	"net"
	"testing"
)

func TestSpread(t *testing.T) {
	const wrap = PerAddress * (1<<24 - 2)
	server := net.IPv4(127, 0, 0, 5)
	for i, want := range map[int][2]string{
		0:                {"127.0.0.1", "127.0.0.5"},
		PerAddress - 1:   {"127.0.0.1", "127.0.0.5"},
		PerAddress:       {"127.0.0.2", "127.0.0.6"},
		1_000_000:        {"127.0.0.201", "127.0.0.205"},
		254 * PerAddress: {"127.0.0.255", "127.0.1.3"},
		255 * PerAddress: {"127.0.1.0", "127.0.1.4"},
		wrap - 1:         {"127.255.255.254", "127.0.0.4"},
		wrap:             {"127.0.0.1", "127.0.0.5"},
	} {
		if from, to := SpreadSources.ends(i, server); from.String() != want[0] || !to.Equal(server) {
			t.Errorf("spread over sources, connection %d goes from %v to %v", i, from, to)
		}
		if from, to := SpreadDestinations.ends(i, server); from != nil || to.String() != want[1] {
			t.Errorf("spread over destinations, connection %d goes from %v to %v", i, from, to)
		}
		if from, to := SpreadBoth.ends(i, server); from.String() != want[0] || to.String() != want[1] {
			t.Errorf("spread over both, connection %d goes from %v to %v", i, from, to)
		}
	}
}

func TestSpreadIsChecked(t *testing.T) {
	for _, s := range []Spread{"", SpreadSources, SpreadDestinations, SpreadBoth, "everywhere"} {
		_, err := New(Options{URL: "ws://127.0.0.1/", Spread: s})
		if (err == nil) == (s == "everywhere") {
			t.Errorf("%q: %v", s, err)
		}
	}
}
