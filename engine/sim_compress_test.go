package engine

import (
	"math/rand/v2"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

// What some seed must bring where messages are compressed.
const (
	agreedAlone    = "agreed to compress each message alone"
	agreedContexts = "agreed to compress by earlier messages"
	largerEchoes   = "echoes larger than a fragment"
)

// compressing chooses whether and how the server compresses. Clients then also
// send messages that are compressed in several fragments.
func (f *simFeatures) compressing(r *rand.Rand) {
	if !once(r, 3) {
		return
	}
	f.Compression = &Compression{
		MinSize:         1 + r.IntN(500),
		WindowBits:      minBits + r.IntN(maxBits-minBits+1),
		ContextTakeover: once(r, 2),
	}
	if once(r, 3) {
		f.Compression.MaxContextMemory = 1 + r.Int64N(100<<10) // for one connection, or for none
	}
	f.MaxMessage = 4 * maxSimMessage
}

// simDeflate is how a client's connection compresses.
type simDeflate struct {
	agreed bool
	bits   int            // of the window of what is sent
	sent   *codec.History // nil: each message alone
	config *codec.Config  // of what is received
}

// offer chooses what a client offers, nothing if the server would not hear of it.
func (w *world) offer() []handshake.Deflate {
	r := w.sys.Rand
	if w.Compression == nil || once(r, 4) {
		return nil
	}
	o := handshake.Deflate{ServerNoContextTakeover: once(r, 4), ClientNoContextTakeover: once(r, 4)}
	if once(r, 2) {
		o.ServerMaxWindowBits = minBits + r.IntN(maxBits-minBits+1)
	}
	if once(r, 2) {
		o.ClientMaxWindowBits = minBits + r.IntN(maxBits-minBits+1)
	}
	return []handshake.Deflate{o}
}

// agree takes the server's answer to the offer.
func (c *simClient) agree(response *handshake.Response) {
	agreed, ok := response.Deflate(&c.request)
	if !ok {
		return
	}
	c.deflate = simDeflate{agreed: true, bits: agreed.ClientWindowBits(), config: &codec.Config{Role: codec.Client, Deflate: true}}
	if !agreed.ClientNoContextTakeover {
		c.deflate.sent = codec.NewHistory(agreed.ClientWindowBits())
	}
	if !agreed.ServerNoContextTakeover {
		c.deflate.config.History = codec.NewHistory(agreed.ServerWindowBits())
	}
	c.decoder.Reset(c.deflate.config)
	if agreed.ClientNoContextTakeover && agreed.ServerNoContextTakeover {
		c.w.saw[agreedAlone]++
	} else {
		c.w.saw[agreedContexts]++
	}
}

// append gives a message as it is sent: compressed in some cases, if that was
// agreed on.
func (d *simDeflate) append(m []byte, r *rand.Rand) (payload []byte, rsv byte) {
	if !d.agreed || once(r, 4) {
		return m, 0
	}
	z, err := codec.GetDeflater(1+r.IntN(maxLevel), d.bits)
	if err != nil {
		panic(err)
	}
	defer codec.PutDeflater(z)
	payload = z.Append(nil, m, d.sent.Bytes(), true)
	d.sent.Add(m)
	return payload, rsv1
}

func (d *simDeflate) release() {
	d.sent.Release()
	if d.config != nil {
		d.config.History.Release()
	}
}

// appendFrame appends a frame of a message.
func (c *simClient) appendFrame(h codec.Header, payload []byte) {
	h.Masked, h.Mask, h.Length = true, c.mask(), int64(len(payload))
	c.out = codec.AppendHeader(c.out, h)
	for i, b := range payload {
		c.out = append(c.out, b^h.Mask[i%len(h.Mask)])
	}
}

// checkContexts sees to it that the connections' contexts keep to their limit,
// and that all of it is given back in the end.
func (w *world) checkContexts(limit int64) {
	if w.Compression == nil {
		return
	}
	if used := w.server.settings.compressor.used.Load(); used < 0 || used > limit {
		w.fail("%d bytes are taken for contexts, %d are allowed", used, limit)
	}
}

// contextLimit is what the connections' contexts may take.
func (w *world) contextLimit() int64 {
	if w.Compression == nil || w.Compression.MaxContextMemory == 0 {
		return DefaultMaxContextMemory
	}
	return w.Compression.MaxContextMemory
}
