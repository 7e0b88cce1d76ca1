package load

import (
	"context"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Broadcast says what is published to all connections.
type Broadcast struct {
	Size     int           // of a message, in bytes; at least MinBroadcast
	Rate     float64       // messages published in a second
	Duration time.Duration // Rate times Duration messages are published, at least one
	Delay    time.Duration // before the first one, so that groups in other processes can get ready
}

// MinBroadcast is the size of the smallest message that can be published: its
// number, the time, and a check of both.
const MinBroadcast = 24

// Broadcast publishes messages on the connection with the number 0, if it is
// in this group, and waits for them on all of the group.
func (g *Group) Broadcast(ctx context.Context, b Broadcast) result.Outcome { panic("not yet") }

// Check tells what is wrong with b.
func (b Broadcast) Check() error { return nil }
