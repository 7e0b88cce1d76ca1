package handshake

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestElements(t *testing.T) {
	for list, want := range map[string][]string{
		"":               nil,
		" \t":            nil,
		",, ,":           nil,
		"a":              {"a"},
		" a ,\tb,,c d, ": {"a", "b", "c d"},
	} {
		var got []string
		for e := range elements([]byte(list)) {
			got = append(got, string(e))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", list, got, want)
		}
	}
	for range elements([]byte("a, b")) {
		break // must not panic by going on
	}
}

func TestListed(t *testing.T) {
	for _, tc := range []struct {
		list      string
		found, ok bool
	}{
		{"websocket", true, true},
		{"WebSocket", true, true},
		{"h2c, WEBSOCKET", true, true},
		{"websocket/13", false, true},
		{"h2c/1, websocket", true, true},
		{"h2c", false, true},
		{"", false, true},
		{"websocket, a b", false, false},
		{"h2c/, websocket", false, false},
		{"/1", false, false},
		{"a/b/c", false, false},
	} {
		if found, ok := listed([]byte(tc.list), "websocket", isProtocol); found != tc.found || ok != tc.ok {
			t.Errorf("%q: %v %v", tc.list, found, ok)
		}
	}
}

func TestIsFoldsASCIIOnly(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"Host", "hOST", true},
		{"Host", "Hosts", false},
		{"@", "`", false},
		{"[", "{", false},
		{"-", "\r", false},
		{"k", "\u212a", false},
		{"\xc0", "\xe0", false},
	} {
		if is(tc.a, []byte(tc.b)) != tc.want || is([]byte(tc.b), tc.a) != tc.want {
			t.Errorf("%q %q", tc.a, tc.b)
		}
	}
}

// Eight bytes at once must find what one by one does.
func TestSkipValueAsSkip(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 40)
	for range 100_000 {
		for i := range b {
			b[i] = ' ' + byte(random.IntN(95))
		}
		for range random.IntN(3) {
			b[random.IntN(len(b))] = byte(random.IntN(256))
		}
		i := random.IntN(len(b) + 1)
		if got, want := skipValue(b, i), skip(b, i, valueChar); got != want {
			t.Fatalf("%q from %d: %d, want %d", b, i, got, want)
		}
	}
}

func TestAnyControl(t *testing.T) {
	for c := range 256 {
		for place := range 8 {
			w := []byte("\xff\x80 ~!\x9fA\xa0")
			w[place] = byte(c)
			if anyControl(binary.LittleEndian.Uint64(w)) != (c < ' ' || c == 0x7f) {
				t.Fatalf("%q", w)
			}
		}
	}
}
