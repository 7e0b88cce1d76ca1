package codec

import (
	"slices"
	"strings"
	"testing"
)

var (
	server = &Config{}
	client = &Config{Role: Client}
)

func TestMessages(t *testing.T) {
	for _, cfg := range []*Config{server, client} {
		for _, size := range []int{0, 1, 2, 15, 16, 17, 125, 126, 127, 300, 65535, 65536, 70000} {
			payload := strings.Repeat("aé€😀", size/10+1)[:size]
			stream := slices.Concat(fromPeer(cfg, Binary, payload), fromPeer(cfg, Binary, "next"))
			r := testStream(t, cfg, stream)
			want := []event{{Binary, payload}, {Binary, "next"}}
			if r.err != nil || !slices.Equal(r.events, want) {
				t.Fatalf("%d bytes: %v", size, r)
			}
		}
	}
}
