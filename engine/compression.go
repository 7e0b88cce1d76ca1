package engine

import (
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

// Defaults of [Compression].
const (
	DefaultCompressionLevel   = 1
	DefaultCompressionMinSize = 512 // 64 with context takeover
	DefaultMaxContextMemory   = 64 << 20
)

// Compression configures permessage-deflate, RFC 7692, for the connections
// whose peers know it too. The zero value compresses each message on its own:
// an idle connection then holds no more than one without compression.
//
// Danger: if a message holds both a secret and something that an attacker
// chooses, its length tells how alike they are (the CRIME and BREACH attacks).
// Do not compress such messages, nor those that are compressed already.
type Compression struct {
	// Level is from 1, the fastest, to 9, the smallest. Default: 1. Danger:
	// from 7 on a little is saved for several times the work.
	Level int

	// MinSize is the size in bytes from which messages that are sent are
	// compressed. Default: 512, as below little is gained for much work, and 64
	// with ContextTakeover, as then much may be.
	MinSize int

	// WindowBits is how far back messages that are sent refer, as a power of
	// two: 8 to 15. Default: 15, for 32 KiB. With ContextTakeover it is also
	// asked of the peer. Less saves memory there, and compresses less.
	WindowBits int

	// ContextTakeover lets messages refer to those before, in both directions,
	// if the peer agrees: small ones that are alike become much smaller. A
	// connection then holds up to two windows. With [DropOldest] it is the peer's
	// messages alone. Default: false.
	ContextTakeover bool

	// MaxContextMemory is the limit of what all connections' windows may take,
	// in bytes: it is reserved in the handshake, and connections that find
	// none left have no context takeover. Default: 64 MiB, for 1,024
	// connections with the largest windows.
	MaxContextMemory int64
}

// compressor is what a server or the clients of a Dialer compress with. It is
// shared by their connections.
type compressor struct {
	policy  handshake.DeflatePolicy // of a server; a client's offer follows from it, the other way round
	level   int
	minSize int
	byBits  [maxBits + 1]*deflation // without takeover, by the bits of the window
	limit   int64                   // of memory for contexts
	used    atomic.Int64
}

const (
	minBits  = 8
	maxBits  = 15
	maxLevel = 9
)

func (o *Compression) compressor(config codec.Config, policy SendPolicy) *compressor {
	if o == nil {
		return nil
	}
	bits := min(max(orDefault(o.WindowBits, maxBits), minBits), maxBits)
	// What is sent cannot refer to what may be dropped before it is.
	sent := o.ContextTakeover && policy != DropOldest
	c := &compressor{
		policy: handshake.DeflatePolicy{
			ServerTakeover: sent, ClientTakeover: o.ContextTakeover,
			ServerWindowBits: bits, ClientWindowBits: bits,
		},
		level:   min(orDefault(o.Level, DefaultCompressionLevel), maxLevel),
		minSize: orDefault(o.MinSize, o.defaultMinSize()),
		limit:   o.MaxContextMemory,
	}
	if c.limit <= 0 {
		c.limit = DefaultMaxContextMemory
	}
	config.Deflate = true
	for bits := minBits; bits <= maxBits; bits++ {
		c.byBits[bits] = &deflation{codec: config, compressor: c, bits: bits}
	}
	return c
}

func (o *Compression) defaultMinSize() int {
	if o.ContextTakeover {
		return 64
	}
	return DefaultCompressionMinSize
}

// answer gives the answer to a client's offer, and how to compress for it; nil
// if there is no offer that can be accepted.
func (c *compressor) answer(r *handshake.Request) (*handshake.Deflate, *deflation) {
	answer, ok := r.Deflate(c.policy)
	if !ok {
		return nil, nil
	}
	d, ok := c.deflation(answer.ServerWindowBits(), contextBits(answer.ServerNoContextTakeover, answer.ServerWindowBits()),
		contextBits(answer.ClientNoContextTakeover, answer.ClientWindowBits()))
	if !ok { // no memory left for contexts
		alone := c.policy
		alone.ServerTakeover, alone.ClientTakeover = false, false
		answer, _ = r.Deflate(alone)
		d = c.byBits[answer.ServerWindowBits()]
	}
	return &answer, d
}

// offer is what a client offers.
func (c *compressor) offer() []handshake.Deflate {
	if c == nil {
		return nil
	}
	p := c.policy
	bits := p.ClientWindowBits
	o := handshake.Deflate{ServerNoContextTakeover: !p.ClientTakeover, ClientNoContextTakeover: !p.ServerTakeover, ClientMaxWindowBits: bits}
	if p.ClientTakeover && bits < maxBits {
		o.ServerMaxWindowBits = bits
	}
	return []handshake.Deflate{o}
}

// accepted gives how a client compresses, by the server's answer. A server
// may make a client keep a context that is beyond its budget, as it has asked
// for it; its own messages need not refer to earlier ones.
func (c *compressor) accepted(agreed handshake.Deflate) *deflation {
	received := contextBits(agreed.ServerNoContextTakeover, agreed.ServerWindowBits())
	d, ok := c.deflation(agreed.ClientWindowBits(), contextBits(agreed.ClientNoContextTakeover, agreed.ClientWindowBits()), received)
	switch {
	case ok:
		return d
	case received == 0:
		return c.byBits[agreed.ClientWindowBits()]
	}
	c.used.Add(contextSize(received))
	return c.withContext(agreed.ClientWindowBits(), 0, received)
}

// contextBits gives the bits of a window that is kept between messages: 0 if none
// is.
func contextBits(noTakeover bool, bits int) int {
	if noTakeover {
		return 0
	}
	return bits
}

// deflation gives how to compress with a window of so many bits, keeping
// contexts of so many bits, or none for 0, of what is sent and received. It is
// not ok if no memory is left for them.
func (c *compressor) deflation(bits, sent, received int) (_ *deflation, ok bool) {
	if sent == 0 && received == 0 {
		return c.byBits[bits], true
	}
	need := contextSize(sent) + contextSize(received)
	if c.used.Add(need) > c.limit {
		c.used.Add(-need)
		return nil, false
	}
	return c.withContext(bits, sent, received), true
}

func contextSize(bits int) int64 {
	if bits == 0 {
		return 0
	}
	return 1 << bits
}

// withContext gives how to compress on one connection, for which memory has
// been reserved.
func (c *compressor) withContext(bits, sent, received int) *deflation {
	d := *c.byBits[bits]
	d.sent, d.codec.History = newHistory(sent), newHistory(received)
	d.reserved = contextSize(sent) + contextSize(received)
	return &d
}

func newHistory(bits int) *codec.History {
	if bits == 0 {
		return nil
	}
	return codec.NewHistory(bits)
}

// releaseLocked gives back what d keeps, at the end of its connection.
func (d *deflation) releaseLocked() {
	if d == nil || d.reserved == 0 {
		return
	}
	d.sent.Release()
	d.codec.History.Release()
	d.compressor.used.Add(-d.reserved)
	d.reserved = 0
}
