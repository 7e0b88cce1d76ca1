package handshake

import (
	"slices"
	"strings"
	"testing"
)

func TestSubprotocols(t *testing.T) {
	for _, tc := range []struct {
		lines []string
		want  []string
	}{
		{nil, nil},
		{[]string{"Sec-WebSocket-Protocol: a"}, []string{"a"}},
		{[]string{"Sec-WebSocket-Protocol:b ,,\ta", "X: y", "sec-websocket-protocol: A, c"}, []string{"b", "a", "A", "c"}},
		{[]string{"Sec-WebSocket-Protocol: " + numbered(maxOffers)}, strings.Split(numbered(maxOffers), ", ")},
	} {
		if got := parsed(t, request(tc.lines...)).Subprotocols(); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q", tc.lines, got)
		}
	}
}

func TestSelectSubprotocol(t *testing.T) {
	none := parsed(t, request())
	some := parsed(t, request("Sec-WebSocket-Protocol: v1, v2", "Sec-WebSocket-Protocol: v3"))
	for _, tc := range []struct {
		name      string
		r         *Request
		supported []string
		chosen    string
		ok        bool
	}{
		{"none offered", none, []string{"v1"}, "", true},
		{"none offered, none supported", none, nil, "", true},
		{"the server's order", some, []string{"v9", "v3", "v1"}, "v3", true},
		{"another case", some, []string{"V1"}, "", false},
		{"none supported", some, nil, "", false},
		{"empty name", some, []string{""}, "", false},
	} {
		if chosen, ok := SelectSubprotocol(tc.r, tc.supported); chosen != tc.chosen || ok != tc.ok {
			t.Errorf("%s: %q %v", tc.name, chosen, ok)
		}
	}
	if n := testing.AllocsPerRun(100, func() { SelectSubprotocol(some, []string{"v9", "v3"}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
