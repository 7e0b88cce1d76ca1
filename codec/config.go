package codec

import "math"

// Role is the side of the connection a [Decoder] reads for.
type Role uint8

const (
	// Server reads from clients, which must mask (RFC 6455 section 5.1).
	Server Role = iota
	// Client reads from a server, which must not mask.
	Client
)

// Defaults of [Config].
const (
	DefaultMaxMessage   = 1 << 20
	DefaultMaxFragments = 1 << 16
)

// Config is what many decoders have in common. They share it without copying,
// so it must not change while any of them uses it. The zero value is a
// server's, with safe limits.
type Config struct {
	// Role is the side that decodes. Default: [Server].
	Role Role

	// MaxMessage is the limit of one message in bytes, after reassembly and
	// inflating. A peer that exceeds it gets [ErrMessageTooBig] as soon as a
	// header says so, or the first byte too many of a compressed message.
	// Compressed, that may come as 1/8 and 1 KiB more, for messages that
	// compression makes larger. Default, also for negative values:
	// [DefaultMaxMessage]. Danger: a peer can make each decoder hold up to
	// this much memory, and with compression for a thousandth of the bytes.
	MaxMessage int

	// MaxFragments is the limit of the frames of one message, empty ones
	// included; beyond it, [ErrTooManyFragments]. Default, also for negative
	// values: [DefaultMaxFragments].
	MaxFragments int

	// Deflate says that permessage-deflate was agreed on (RFC 7692), so that
	// the peer may send compressed messages. Default: false, and RSV1 gives
	// [ErrReservedBits].
	Deflate bool

	// History is what the peer's compressed messages may refer to of earlier
	// ones, if it was agreed that it may (context takeover). Decoders read it
	// and add to it: a Config that has one is for one connection only.
	// Default: nil, each compressed message stands alone.
	History *History
}

func (c *Config) maxMessage() int {
	if c.MaxMessage <= 0 {
		return DefaultMaxMessage
	}
	return c.MaxMessage
}

// maxDeflated is the limit of one message before inflating.
func (c *Config) maxDeflated() int {
	n := c.maxMessage()
	return n + min(n/8+1<<10, math.MaxInt-n)
}

func (c *Config) maxFragments() int {
	if c.MaxFragments <= 0 {
		return DefaultMaxFragments
	}
	return c.MaxFragments
}
