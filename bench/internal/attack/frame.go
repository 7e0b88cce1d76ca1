package attack

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

var mask = [4]byte{0x12, 0x34, 0x56, 0x78}

// burst is about how many bytes are written at once.
const burst = 64 << 10

// declare sends the header of a binary message of n bytes, and its first
// kilobyte.
func declare(n uint64) func(a *attacker) string {
	frame := append(binary.BigEndian.AppendUint64([]byte{0x82, 0x80 | 127}, n), mask[:]...)
	frame = append(frame, make([]byte, 1<<10)...)
	return opened(func(a *attacker) string {
		a.send(frame)
		return a.ending()
	})
}

// continueWith begins a message and continues it with n fragments, none of
// which is the last.
func continueWith(size, n int) func(a *attacker) string {
	begin := codec.AppendMaskedFragment(nil, codec.Binary, false, nil, mask)
	fragment := codec.AppendMaskedFragment(nil, codec.Continuation, false, make([]byte, size), mask)
	each := max(burst/len(fragment), 1)
	many := bytes.Repeat(fragment, each)
	return opened(func(a *attacker) string {
		a.send(begin)
		left := n
		a.pour(func() []byte {
			if left <= 0 {
				return nil
			}
			left -= each
			return many
		})
		return a.ending()
	})
}

// holdBack sends a message of so many bytes in fragments, the last byte of it
// only at the end.
func holdBack(size int) func(a *attacker) string {
	payload := bytes.Repeat([]byte{'x'}, size)
	begin := codec.AppendMaskedFragment(nil, codec.Binary, false, payload[:size/2], mask)
	begin = codec.AppendMaskedFragment(begin, codec.Continuation, false, payload[size/2:size-1], mask)
	end := codec.AppendMaskedFragment(nil, codec.Continuation, true, payload[size-1:], mask)
	return opened(func(a *attacker) string {
		a.send(begin)
		<-a.over.Done()
		a.send(end)
		return a.echoed(payload)
	})
}

// echoed reads a message, and tells whether it is the echo of payload.
func (a *attacker) echoed(payload []byte) string {
	defer a.patient()()
	op, echo, err := a.frame()
	switch {
	case err != nil:
		return ended(err)
	case op != codec.Binary || !bytes.Equal(echo, payload):
		return "something else"
	}
	return "echo"
}

// splitPause is for the first segment to arrive alone.
const splitPause = 2 * time.Millisecond

// split sends the request and a message, in one write or in two: at another
// offset each time.
var split = connected(func(a *attacker) string {
	payload := []byte("behind the request")
	all := codec.AppendMaskedFrame([]byte(request), codec.Binary, payload, mask)
	if at := a.next() % len(all); at > 0 {
		a.send(all[:at])
		a.pause(splitPause)
		all = all[at:]
	}
	a.send(all)
	if refused := a.upgraded(); refused != "" {
		return refused
	}
	return a.echoed(payload)
})
