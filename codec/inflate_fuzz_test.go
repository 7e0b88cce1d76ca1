package codec

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// FuzzInflateDecoder feeds compressed and plain messages in fragments, with
// control frames between them and now and then something wrong, in random
// pieces, and wants what the oracle makes of them.
func FuzzInflateDecoder(f *testing.F) {
	for i, text := range []string{"Hello", "größer als 5 €", "aaaaaaaaaaaaaaaaaaaaaaa", "\xf0\x9f\x8d", "{\"a\":1,\"b\":[2,3,4]}"} {
		for seed := range uint64(8) {
			f.Add([]byte(text), seed, i%2 == 0, uint8(i*3), uint16(seed%3*40))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, isClient bool, bits uint8, maxMessage uint16) {
		rng := rand.New(rand.NewPCG(seed, 0))
		c := &deflating{Config: Config{Deflate: true, MaxMessage: int(maxMessage), MaxFragments: 1 + rng.IntN(20)}}
		if isClient {
			c.Role = Client
		}
		if bits%9 > 0 {
			c.bits = 7 + int(bits%9)
		}
		stream := c.randomStream(t, rng, string(data[:min(len(data), 2000)]))
		whole := c.agree(t, stream)
		for _, next := range []func(int) int{
			func(int) int { return 1 },
			func(left int) int { return 1 + rng.IntN(left) },
			func(left int) int { return 1 + rng.IntN(min(left, 10)) },
		} {
			if got := c.feed(t, stream, next); !got.equal(whole) {
				t.Fatalf("got %v\nwant %v\nconfig %+v\nstream %x", got, whole, c.Config, stream)
			}
		}
		c.agree(t, stream[:rng.IntN(len(stream)+1)])
	})
}

// randomStream makes frames of text, of which some are wrong.
func (c *deflating) randomStream(t testing.TB, rng *rand.Rand, text string) (stream []byte) {
	history := ""
	for range 1 + rng.IntN(4) {
		message := strings.Repeat(text, rng.IntN(3))
		if rng.IntN(20) == 0 {
			message = strings.Repeat(text, 1+100000/(1+len(text))) // more than a turn gives
		}
		op := Text + Opcode(rng.IntN(2))
		if rng.IntN(4) == 0 {
			stream = append(stream, c.randomFragments(rng, op, false, message)...)
			continue
		}
		window := history
		if c.bits > 0 {
			window = history[max(0, len(history)-1<<c.bits):]
		}
		payload := compressed(t, rng.IntN(11)-1, message, window)
		if c.bits > 0 {
			history += message
		}
		stream = append(stream, c.randomFragments(rng, op, true, spoil(rng, payload, text))...)
	}
	if rng.IntN(6) == 0 && len(stream) > 0 {
		stream[rng.IntN(len(stream))] ^= 1 << rng.IntN(8)
	}
	return stream
}

// spoil leaves most payloads as they are.
func spoil(rng *rand.Rand, payload, garbage string) string {
	switch rng.IntN(12) {
	case 0:
		return payload[:rng.IntN(len(payload)+1)]
	case 1:
		return payload + garbage
	case 2:
		return garbage
	case 3:
		if len(payload) > 0 {
			i := rng.IntN(len(payload))
			return payload[:i] + string(rune(rng.IntN(128))) + payload[i+1:]
		}
	case 4:
		return payload + "\x00\x00\xff\xff" + payload
	}
	return payload
}

func (c *deflating) randomFragments(rng *rand.Rand, op Opcode, deflate bool, payload string) (stream []byte) {
	for first := true; first || len(payload) > 0; first = false {
		n := len(payload)
		if rng.IntN(3) > 0 {
			n = rng.IntN(n + 1)
		}
		frame := fragmentFromPeer(&c.Config, op, n == len(payload), payload[:n])
		if first && deflate {
			frame[0] |= rsv1 << 4
		}
		if rng.IntN(3) == 0 && !first {
			stream = append(stream, fromPeer(&c.Config, Ping, "between")...)
		}
		stream, payload, op = append(stream, frame...), payload[n:], Continuation
	}
	return stream
}
