package codec

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzDecoder feeds any bytes, or frames made of them, in random pieces, and
// wants what the oracle makes of them.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), uint64(1), false, false, uint16(100), uint8(4))
	f.Add([]byte("\x01\x03Hel\x89\x00\x80\x02lo\x88\x02\x03\xE8"), uint64(2), true, false, uint16(5), uint8(2))
	f.Add([]byte("\x01\xE2\x00\x82\x89p\x00\x00\x80\xAC\x88\x03"), uint64(3), false, true, uint16(0), uint8(0))
	f.Add([]byte("\x82\x7E\x01\x00"), uint64(4), true, false, uint16(255), uint8(0))
	f.Add([]byte("\x02zzzzzzzzzzzzzzzzzzzzzzz\x80\xFFzzzzzzzzzzzzzzzzz"), uint64(5), false, true, uint16(40000), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, isClient, frames bool, maxMessage uint16, maxFragments uint8) {
		cfg := &Config{MaxMessage: int(maxMessage), MaxFragments: int(maxFragments)}
		if isClient {
			cfg.Role = Client
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		stream := data
		if frames {
			stream = framesOf(rng, cfg, data)
		}
		want := expected(cfg, stream)
		for _, f := range []feeder{
			{next: all},
			{next: func(int) int { return 1 }},
			{next: func(left int) int { return 1 + rng.IntN(left) }},
			{next: func(left int) int { return 1 + rng.IntN(min(left, 6000)) }, direct: true},
		} {
			f.t, f.cfg = t, cfg
			if got := f.run(stream); !got.equal(want) {
				t.Fatalf("got %v\nwant %v\nconfig %+v\nstream %x", got, want, *cfg, stream)
			}
		}
	})
}

// framesOf makes frames with the right mask and length, of which the first
// bytes and payloads are from data; some are made long.
func framesOf(rng *rand.Rand, cfg *Config, data []byte) (stream []byte) {
	for len(data) > 0 {
		first := data[0]
		n := min(1+rng.IntN(20), len(data))
		payload := data[1:n]
		data = data[n:]
		if rng.IntN(8) == 0 {
			payload = bytes.Repeat(payload, rng.IntN(1000))
		}
		h := Header{
			Fin:    first&finBit != 0,
			Rsv:    first >> 4 & 7,
			OpCode: Opcode(first & opcodeBits),
			Masked: cfg.Role == Server,
			Length: int64(len(payload)),
		}
		if h.Masked {
			h.Mask = [4]byte{byte(rng.Uint32()), 2, 0, byte(rng.Uint32())}
		}
		stream = AppendHeader(stream, h)
		start := len(stream)
		stream = append(stream, payload...)
		applyMask(stream[start:], h.Mask, 0)
	}
	return stream
}

// FuzzRoundTrip encodes a message in fragments with a Ping and a Close, and
// wants it back.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("Hello"), uint16(1), uint8(1), uint32(0), false)
	f.Add([]byte("größer als 5 €"), uint16(100), uint8(3), uint32(0x37fa213d), true)
	f.Add([]byte("0123456789"), uint16(7000), uint8(7), uint32(2), false)
	f.Fuzz(func(t *testing.T, payload []byte, times uint16, count uint8, mask uint32, isClient bool) {
		payload = bytes.Repeat(payload[:min(len(payload), 100)], int(times)%10000)
		key := [4]byte{byte(mask), byte(mask >> 8), byte(mask >> 16), byte(mask >> 24)}
		cfg := &Config{}
		if isClient {
			cfg.Role = Client
		}
		fragment := func(b []byte, op Opcode, fin bool, p []byte) []byte {
			if isClient {
				return AppendFragment(b, op, fin, p)
			}
			return AppendMaskedFragment(b, op, fin, p, key)
		}
		var stream []byte
		op, rest := Binary, payload
		for range count {
			n := len(rest) / int(count)
			stream = fragment(stream, op, false, rest[:n])
			op, rest = Continuation, rest[n:]
		}
		ping := payload[:min(len(payload), MaxControlPayload)]
		if isClient {
			stream = AppendPing(stream, payload)
		} else {
			stream = AppendMaskedPing(stream, payload, key)
		}
		stream = fragment(stream, op, true, rest)
		if isClient {
			stream = AppendClose(stream, CloseNormal, "done")
		} else {
			stream = AppendMaskedClose(stream, CloseNormal, "done", key)
		}
		want := []event{{Ping, string(ping)}, {Binary, string(payload)}, {Close, "\x03\xE8done"}}
		d := feeder{t: t, cfg: cfg, next: all, direct: mask%2 == 0}
		if r := d.run(stream); r.err != nil || !slices.Equal(r.events, want) {
			t.Fatal(r)
		}
	})
}
