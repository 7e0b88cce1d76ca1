package attack

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// unread does play on a fresh WebSocket from which hardly anything fits into
// the receiver's own system.
func unread(play func(a *attacker) string) func(a *attacker) string {
	play = opened(play)
	return func(a *attacker) string {
		a.unread = true
		return play(a)
	}
}

// lastPing is the number of the last ping.
const lastPing = math.MaxUint64

// floodPings sends numbered pings until the attack is over, and only then
// reads the pongs.
var floodPings = unread(func(a *attacker) string {
	sent, last := uint64(0), false
	a.pour(func() []byte {
		if last {
			return nil
		}
		if last = a.isOver(); last {
			return appendPing(nil, lastPing)
		}
		var b []byte
		for len(b) < burst {
			sent++
			b = appendPing(b, sent)
		}
		return b
	})
	<-a.over.Done()
	answer, pongs := a.pongs()
	a.hangUp()
	a.meet("pings", int(sent))
	a.meet("pongs", pongs)
	return answer
})

func appendPing(b []byte, n uint64) []byte {
	return codec.AppendMaskedPing(b, binary.BigEndian.AppendUint64(nil, n), mask)
}

// pongs reads up to the last ping's pong. Numbers may be left out, but must rise.
func (a *attacker) pongs() (answer string, n int) {
	defer a.patient()()
	for before := uint64(0); before != lastPing; n++ {
		op, payload, err := a.frame()
		if err != nil {
			return "no latest pong: " + ended(err), n
		}
		if op != codec.Pong || len(payload) != 8 || binary.BigEndian.Uint64(payload) <= before {
			return "something else than the next pong", n
		}
		before = binary.BigEndian.Uint64(payload)
	}
	return "the latest pong", n
}

// floodPongs sends pongs until the attack is over, then a message.
var floodPongs = unread(func(a *attacker) string {
	many := bytes.Repeat(codec.AppendMaskedPong(nil, make([]byte, 125), mask), burst/131)
	last := codec.AppendMaskedFrame(nil, codec.Binary, []byte("last"), mask)
	a.pour(func() []byte {
		if last == nil {
			return nil
		}
		if !a.isOver() {
			return many
		}
		b := last
		last = nil
		return b
	})
	<-a.over.Done()
	return a.echoed([]byte("last"))
})

// swallowed is how much unread a server may take before it is spared more.
// Tests shorten it.
var swallowed = 64 << 20

// readNothing sends messages until the server has enough of it.
func readNothing(size int) func(a *attacker) string {
	message := codec.AppendMaskedFrame(nil, codec.Binary, make([]byte, size), mask)
	return unread(func(a *attacker) string {
		left := swallowed / size
		a.pour(func() []byte {
			if left--; left < 0 {
				return nil
			}
			return message
		})
		switch {
		case !a.pouredOut():
			return "held"
		case left < 0:
			return "64 MiB taken"
		}
		return "cut"
	})
}

// broadcastPause is enough for megabytes to come.
const broadcastPause = 6 * time.Second

// readNoBroadcast leaves what is sent to all to the server, for longer than
// that can keep it, and then looks what became of the connection.
var readNoBroadcast = unread(func(a *attacker) string {
	time.Sleep(broadcastPause) // also when the attack is over
	return a.ending()
})

// busyTimeout is long enough for all echoes, also on a slow machine.
const busyTimeout = time.Minute

// keepBusy sends so many bytes of small messages and reads all echoes.
func keepBusy(size int) func(a *attacker) string {
	var block, echo []byte
	for len(block) < burst {
		letter := []byte{byte('a' + len(echo)/3%26)}
		block = codec.AppendMaskedFrame(block, codec.Binary, letter, mask)
		echo = codec.AppendFrame(echo, codec.Binary, letter)
	}
	return opened(func(a *attacker) string {
		left := size / len(block)
		a.pour(func() []byte {
			if left--; left < 0 {
				return nil
			}
			return block
		})
		a.conn.SetReadDeadline(time.Now().Add(busyTimeout))
		got := make([]byte, len(echo))
		for range size / len(block) {
			if _, err := io.ReadFull(a.in, got); err != nil {
				return ended(err)
			}
			if !bytes.Equal(got, echo) {
				return "something else"
			}
		}
		return "echo"
	})
}

// sendMany sends n messages at once.
func sendMany(n int) func(a *attacker) string {
	many := bytes.Repeat(codec.AppendMaskedFrame(nil, codec.Binary, make([]byte, 125), mask), n)
	return opened(func(a *attacker) string {
		a.pourOnce(many)
		return a.ending()
	})
}
