package codec

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

	// MaxMessage is the limit of one message in bytes, after reassembly. A
	// peer that exceeds it gets [ErrMessageTooBig] as soon as a header says
	// so. Default, also for negative values: [DefaultMaxMessage]. Danger: a
	// peer can make each decoder hold up to this much memory.
	MaxMessage int

	// MaxFragments is the limit of the frames of one message, empty ones
	// included; beyond it, [ErrTooManyFragments]. Default, also for negative
	// values: [DefaultMaxFragments].
	MaxFragments int
}

func (c *Config) maxMessage() int {
	if c.MaxMessage <= 0 {
		return DefaultMaxMessage
	}
	return c.MaxMessage
}

func (c *Config) maxFragments() int {
	if c.MaxFragments <= 0 {
		return DefaultMaxFragments
	}
	return c.MaxFragments
}
