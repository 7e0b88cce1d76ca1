package load

// Spread says over which addresses connections to a server on 127.0.0.0/8 are
// spread, 20,000 to each: with all on one pair of addresses, ports would run
// out. To any other server it means nothing.
type Spread string

// The ways to spread connections. Destinations are the cheaper ones, but the
// server must listen on all addresses.
const (
	SpreadSources      Spread = "source" // the default
	SpreadDestinations Spread = "destination"
	SpreadBoth         Spread = "both"
)
