package handshake

import (
	"math/rand/v2"
	"testing"

	"github.com/sockeye-ws/sockeye/internal/malformed"
)

// Ten thousand requests that are no valid opening handshake, each in one of all
// ways, and thousands that are: whatever the pieces in which they come, they get
// the status that an oracle says which knows nothing of the parser.
func TestMalformedRequests(t *testing.T) {
	n := 14_000
	if raceEnabled { // which makes this ten times slower
		n /= 8
	}
	bad, good := 0, 0
	for m := range malformed.Requests(n) {
		if m.Status == 101 {
			good++
		} else {
			bad++
		}
		rng := rand.New(rand.NewPCG(uint64(bad), uint64(good)))
		ways := []func(left int) int{
			func(left int) int { return left },
			func(left int) int { return 1 },
			func(left int) int { return 1 + rng.IntN(left) },
		}
		for _, piece := range ways {
			if status, n := answer(t, m.Bytes, piece); status != m.Status || n != m.Head {
				t.Fatalf("%s: status %d for a head of %d bytes, want %d and %d\nregression test: []byte(%q)", m.Kind, status, n, m.Status, m.Head, m.Bytes)
			}
		}
	}
	if bad < n*10/14 || good < n*3/14 {
		t.Errorf("%d malformed requests, %d valid ones: too few", bad, good)
	}
}

// answer gives the status with which a server answers a request that comes in
// pieces, and the length of its head if that is 101.
func answer(t *testing.T, b []byte, piece func(left int) int) (status, n int) {
	var r Request
	for come := 0; come < len(b); {
		come += piece(len(b) - come)
		n, err := r.Parse(b[:come], Limits{Head: malformed.MaxHead, Headers: malformed.MaxHeaders})
		switch {
		case err != nil:
			return asRejection(t, err).Status, 0
		case n > 0:
			if !SameOrigin(&r) {
				return 403, 0
			}
			if _, ok := SelectSubprotocol(&r, malformed.Subprotocols); !ok {
				return 400, 0
			}
			return 101, n
		}
	}
	return 0, 0
}
