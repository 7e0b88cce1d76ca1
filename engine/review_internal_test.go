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
