package engine

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/sockeye-ws/sockeye/handshake"
)

// simFeatures are what a seed has chosen of the server's options, and of what
// happens to it.
type simFeatures struct {
	Options
	loops     int
	share     int // of a tick, see sessions.share
	workers   bool
	secure    bool // speaks TLS
	clients   int
	messages  int // of a client, less than
	size      int // of most messages, less than
	addresses int // that the clients have

	harm, starvation, descriptors int

	jumps, drains, floods, latest, broadcasts bool

	pushes int // by the server, on a connection
}

const maxSimMessage = 64 << 10

// once is true in one of n cases.
func once(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// between gives a time from least to most.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

func chooseFeatures(seed uint64) *simFeatures {
	r := rand.New(rand.NewPCG(seed, 1))
	f := &simFeatures{loops: 1 + r.IntN(3), workers: once(r, 2), addresses: 1 + r.IntN(4)}
	f.clients, f.messages, f.size = 1+r.IntN(6), 30, 200
	switch r.IntN(8) {
	case 0, 1:
		f.clients, f.messages = 30, 3 // coming and going all the time
	case 2:
		f.clients, f.messages, f.size = 1+r.IntN(3), 12, maxSimMessage
	}
	f.Options = Options{
		MaxMessage:   maxSimMessage,
		MaxBuffered:  40<<10 + r.IntN(200<<10),
		CloseTimeout: time.Minute, // some simulated sockets take one byte at a time
		MaxMemory:    -1,
		Subprotocols: []string{"sim"},
		Logger:       slog.New(slog.DiscardHandler),
	}
	f.misfortune(r)
	f.limits(r)
	f.sending(r)
	f.compressing(r)
	f.securing(r)
	f.proxying(r)
	f.share = turnWork
	if once(r, 2) {
		f.share = 1 + r.IntN(8<<10)
	}
	return f
}

// misfortune chooses what goes wrong.
func (f *simFeatures) misfortune(r *rand.Rand) {
	if once(r, 3) {
		f.harm = 1 + r.IntN(4)
	}
	switch r.IntN(8) {
	case 0:
		f.starvation = 10 + r.IntN(200)
	case 1:
		f.descriptors = 5 + f.loops*2 + r.IntN(6)
	}
	f.jumps = once(r, 8)
	if once(r, 6) {
		f.drains = true
		f.ShutdownSpread = between(r, 0, 5*time.Second)
	}
}

// limits chooses what the server allows.
func (f *simFeatures) limits(r *rand.Rand) {
	f.IdleTimeout = between(r, 2*time.Second, 200*time.Second)
	f.WriteTimeout = between(r, time.Second, time.Minute)
	if once(r, 6) {
		f.MaxConns = 1 + r.IntN(4)
	}
	if once(r, 8) {
		f.MaxConnsPerAddr = 1 + r.IntN(3)
	}
	if once(r, 8) {
		f.MaxConnRatePerAddr = 1 + r.IntN(5)
	}
	if once(r, 5) {
		f.MaxMessageRate = 3 + r.IntN(40)
	}
	if once(r, 5) {
		f.MaxByteRate = 2000 + r.IntN(300<<10)
	}
	f.RatePolicy = RatePolicy(r.IntN(2))
	if once(r, 6) {
		f.MaxMemory = 16<<10 + r.Int64N(200<<10)
	}
}

// sending chooses what the server sends of its own accord, and what happens if
// it is too much.
func (f *simFeatures) sending(r *rand.Rand) {
	if once(r, 3) {
		f.SendPolicy = DropNewest + SendPolicy(r.IntN(2))
	}
	if f.floods = once(r, 3); f.floods {
		f.MaxBuffered = 20<<10 + r.IntN(60<<10)
	}
	f.pushes = 30
	if f.floods {
		f.pushes = 60
	}
	f.latest = once(r, 3)
	f.broadcasts = once(r, 3)
	if !f.workers {
		return
	}
	f.Workers, f.Mailbox = 1+r.IntN(4), 1+r.IntN(8)
	if once(r, 2) {
		f.Upgrade = func(*handshake.Request) (Accept, error) { return Accept{}, nil }
	}
}

// limited tells that the server may refuse connections.
func (f *simFeatures) limited() bool {
	return f.MaxConns > 0 || f.MaxConnsPerAddr > 0 || f.MaxConnRatePerAddr > 0
}

// drops tells that messages which were sent may be missing in the end.
func (f *simFeatures) drops() bool { return f.SendPolicy != CloseSlow }

// starts are when the virtual clock begins: some time before the ticks of the
// timers are half, and all, of their 32 bits.
var starts = []time.Duration{0, 1 << 31 * 10 * time.Millisecond, 1 << 32 * 10 * time.Millisecond}

func chooseStart(r *rand.Rand) time.Duration {
	if start := starts[r.IntN(len(starts))]; start > 0 {
		return start - between(r, 0, 10*time.Second)
	}
	return 0
}
