package engine

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
)

// What a connection holds is counted while it waits for its turn, too.
func TestRoomOfWaitingIsCounted(t *testing.T) {
	th := newThrong(t, 1, "")
	c := th.sessions.clientOf(0)
	th.sendAll(codec.AppendHeader(nil, codec.Header{Fin: true, OpCode: codec.Binary, Masked: true, Length: DefaultMaxMessage}))
	for sent := 0; sent < DefaultMaxMessage-minDirect; {
		n, _ := th.sys.Write(th.clients[0], make([]byte, 100))
		sent += max(n, 0)
		th.tick()
		if c.rx == nil || c.conn.Yielded() {
			continue
		}
		before := c.rx.decoder.Held()
		th.sessions.before = crowd * th.sessions.share
		th.sessions.Room(&c.conn)
		if held := receiverCost + c.rx.decoder.Held(); held != c.rx.charged && c.conn.Yielded() {
			t.Fatalf("%d bytes sent: waits with %d bytes, had %d before Room, %d are counted", sent, held, before, c.rx.charged)
		}
	}
}

// What was done in a tick is forgotten at its end, though nobody had a turn.
func TestNextTickIsNotCrowded(t *testing.T) {
	th := newThrong(t, 1, "")
	message := codec.AppendMaskedFrame(nil, codec.Binary, []byte("x"), [4]byte{})
	for n := 1; n <= 3; n++ {
		th.sendAll(message)
		th.until("a message", func() bool { return th.handled[0] == n })
		if th.sessions.before != 0 || th.sessions.worked != 0 {
			t.Fatalf("%d and %d after a tick", th.sessions.before, th.sessions.worked)
		}
	}
}
