// Package leak looks for bytes of one connection that reach another one, or
// come changed, twice, out of order or not at all. Every word of every payload
// tells whose it is, and every reply is compared to the byte. It is made for
// hundreds of millions of messages: a few threads with an epoll loop each,
// many messages outstanding on each connection, and connections that end in
// the middle of things, so that the server uses what they held for others.
package leak

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Options says what a run is.
type Options struct {
	Addr      string        // of the server, host:port, IPv4
	Broadcast bool          // it sends each message to all connections, instead of back
	Conns     int           // how many are open at a time
	Threads   int           // that share them; a broadcast has one
	Depth     int           // messages outstanding on a connection, or of a publisher
	Messages  uint64        // to be verified in all
	Life      int           // messages of a connection until another one takes its place, on average
	Seed      uint64        // of sizes of fragments, pings and ends
	Patience  time.Duration // how long the server may leave a connection waiting
}

func (o *Options) check() error {
	if o.Broadcast {
		o.Threads = 1
	}
	switch {
	case o.Threads < 1 || o.Conns < o.Threads || o.Depth < 1 || o.Depth > maxDepth || o.Patience <= 0:
		return errors.New("a run needs threads, at least as many connections, some depth and patience")
	case o.Life < 1 || o.Life > pingSeq/4:
		return fmt.Errorf("a connection can have from 1 to %d messages", pingSeq/4)
	case o.Broadcast && o.Conns <= publishers:
		return fmt.Errorf("a broadcast needs more than %d connections", publishers)
	}
	return nil
}

// maxDepth keeps what is outstanding on a connection well below what servers
// allow to be unsent.
const maxDepth = 256

// random gives the generator of a thread.
func (o *Options) random(thread int) *rand.Rand { return rand.New(rand.NewPCG(o.Seed, uint64(thread))) }
