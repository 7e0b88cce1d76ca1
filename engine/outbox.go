package engine

import (
	"slices"
	"sync/atomic"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/pool"
)

// parcel is a message that is too large to be compressed at once, or one that
// has to wait behind such a one.
type parcel struct {
	op       codec.Opcode
	payload  *pool.Buffer    // nil if prepared
	prepared *codec.Prepared // goes out whole, once it is compressed
	sent     int             // bytes of payload that are compressed and sent
	key      string          // of SendLatest, or empty
}

// parcelCost is what a parcel takes besides its payload.
const parcelCost = 128

// unsent gives what the parcel counts for in MaxBuffered.
func (p *parcel) unsent() int {
	if p.prepared != nil {
		return parcelCost + len(p.prepared.Payload())
	}
	return parcelCost + len(p.payload.B) - p.sent
}

// memory gives what it holds; a prepared message is others' as well.
func (p *parcel) memory() int {
	if p.prepared != nil {
		return parcelCost
	}
	return parcelCost + cap(p.payload.B)
}

// outbox holds what a connection is to compress and send in pieces, in its
// order. A connection has one only while there is something in it. The
// connection's lock guards it.
type outbox struct {
	parcels   []parcel
	unsent    int           // what they count for in MaxBuffered
	memory    int           // what they hold
	held      *atomic.Int64 // counts the memory of all outboxes of the loop
	posted    bool          // a turn of the connection is to come, for sendFragments
	preparing bool          // it is to be asked for once the first message is prepared
	closing   bool          // the Close frame comes behind the parcels
	ended     bool          // the peer's stream has, which is acted upon behind them
}

func (b *outbox) empty() bool { return len(b.parcels) == 0 }

func (b *outbox) pushMessage(op codec.Opcode, payload []byte, key string) {
	p := parcel{op: op, payload: pool.Get(len(payload)), key: key}
	p.payload.B = append(p.payload.B, payload...)
	b.push(p)
}

func (b *outbox) push(p parcel) {
	b.parcels = append(b.parcels, p)
	b.count(p.unsent(), p.memory())
}

func (b *outbox) count(unsent, memory int) {
	b.unsent += unsent
	b.memory += memory
	b.held.Add(int64(memory))
}

// take takes the next n bytes of the first parcel, which is not prepared, or
// all that are left, and gives those before them as well. They are valid until
// that parcel is dropped.
func (b *outbox) take(n int) (before, piece []byte, last bool) {
	p := &b.parcels[0]
	n = min(n, len(p.payload.B)-p.sent)
	before, piece = p.payload.B[:p.sent], p.payload.B[p.sent:p.sent+n]
	p.sent += n
	b.unsent -= n
	return before, piece, p.sent == len(p.payload.B)
}

// drop drops the parcel at i.
func (b *outbox) drop(i int) {
	p := &b.parcels[i]
	b.count(-p.unsent(), -p.memory())
	pool.Put(p.payload)
	if i == 0 {
		*p = parcel{}
		b.parcels = b.parcels[1:]
		return
	}
	b.parcels = slices.Delete(b.parcels, i, i+1)
}

// dropWhile drops parcels of which nothing is sent, the oldest first, as long
// as more says so, and gives their number.
func (b *outbox) dropWhile(more func() bool) (dropped int) {
	for i := 0; i < len(b.parcels) && more(); {
		if b.parcels[i].sent > 0 {
			i++
			continue
		}
		b.drop(i)
		dropped++
	}
	return dropped
}

// dropKey drops the parcels with this key of which nothing is sent, and gives
// their number.
func (b *outbox) dropKey(key string) (dropped int) {
	for i := len(b.parcels) - 1; i >= 0; i-- {
		if p := &b.parcels[i]; p.key == key && p.sent == 0 {
			b.drop(i)
			dropped++
		}
	}
	return dropped
}

// unsentByKey gives how much of unsent dropKey would free.
func (b *outbox) unsentByKey(key string) (n int) {
	for i := range b.parcels {
		if p := &b.parcels[i]; p.key == key && p.sent == 0 {
			n += p.unsent()
		}
	}
	return n
}

func (b *outbox) free() {
	for !b.empty() {
		b.drop(len(b.parcels) - 1)
	}
}
