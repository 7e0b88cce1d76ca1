package load

import (
	"bytes"
	"encoding/binary"
	"time"
)

// MinBroadcast is the size of the smallest message that can be published: its
// number, the time, and a check of both.
const MinBroadcast = 24

// notices makes messages for a broadcast. Each tells its number and a time,
// which every byte after them depends on.
type notices struct {
	size    int
	pattern []byte
}

func newNotices(size int) notices {
	return notices{size, newPayloads(size, size).pattern}
}

// append appends message seq with a time.
func (n *notices) append(b []byte, seq uint64, at time.Duration) []byte {
	check := check(seq, at)
	b = binary.LittleEndian.AppendUint64(b, seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(at))
	b = binary.LittleEndian.AppendUint64(b, check)
	return append(b, n.rest(check)...)
}

// parse gives the number and time of a message, if it is one.
func (n *notices) parse(b []byte) (seq uint64, at time.Duration, ok bool) {
	if len(b) < MinBroadcast || len(b) != n.size {
		return 0, 0, false
	}
	seq = binary.LittleEndian.Uint64(b)
	at = time.Duration(binary.LittleEndian.Uint64(b[8:]))
	check := check(seq, at)
	ok = binary.LittleEndian.Uint64(b[16:]) == check && bytes.Equal(b[MinBroadcast:], n.rest(check))
	return seq, at, ok
}

func (n *notices) rest(check uint64) []byte {
	from := int(check % offsets)
	return n.pattern[from : from+n.size-MinBroadcast]
}

func check(seq uint64, at time.Duration) uint64 { return mix(mix(seq) ^ uint64(at)) }
