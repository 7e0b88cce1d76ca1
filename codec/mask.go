package codec

import (
	"encoding/binary"
	"math/bits"

	"github.com/gobwas/ws"
)

// shortMask is the payload size from which [ws.Cipher]'s vector instructions
// are worth the calls.
const shortMask = 192

// applyMask masks or unmasks p, which begins offset bytes into its frame's
// payload (RFC 6455 section 5.3). It leaves only whole blocks to [ws.Cipher],
// which does all else byte by byte: most messages are short.
func applyMask(p []byte, mask [maskSize]byte, offset int) {
	le := binary.LittleEndian
	key := bits.RotateLeft32(le.Uint32(mask[:]), -8*offset)
	if len(p) >= shortMask {
		le.PutUint32(mask[:], key)
		blocks := len(p) &^ 15
		ws.Cipher(p[:blocks], mask, 0)
		p = p[blocks:]
	}
	key64 := uint64(key)<<32 | uint64(key)
	for ; len(p) >= 32; p = p[32:] {
		q := p[:32]
		le.PutUint64(q, le.Uint64(q)^key64)
		le.PutUint64(q[8:], le.Uint64(q[8:])^key64)
		le.PutUint64(q[16:], le.Uint64(q[16:])^key64)
		le.PutUint64(q[24:], le.Uint64(q[24:])^key64)
	}
	for ; len(p) >= 8; p = p[8:] {
		le.PutUint64(p, le.Uint64(p)^key64)
	}
	if len(p) >= 4 {
		le.PutUint32(p, le.Uint32(p)^key)
		p = p[4:]
	}
	for i := range p {
		p[i] ^= byte(key)
		key >>= 8
	}
}
