package engine

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
)

// A crowd is many: one message of one client makes no tick crowded.
func TestOneMessageIsNoCrowd(t *testing.T) {
	th := newThrong(t, 1, "")
	c := th.sessions.clientOf(0)
	th.sendAll(codec.AppendHeader(nil, codec.Header{Fin: true, OpCode: codec.Binary, Masked: true, Length: DefaultMaxMessage}))
	for left := DefaultMaxMessage; left > 0; {
		n, _ := th.sys.Write(th.clients[0], make([]byte, min(left, 4000)))
		left -= max(n, 0)
		if left > 0 || n <= 0 {
			th.tick()
			continue
		}
		th.until("no turn to wait for", func() bool { return !c.conn.Yielded() || th.handled[0] > 0 })
		for range 100 {
			if room := th.sessions.Room(&c.conn); room != nil {
				n, _ := th.sys.Read(int(c.conn.FD()), room)
				if n > 0 {
					th.sessions.Filled(&c.conn, n)
				}
			} else {
				b := make([]byte, 4096)
				if n, _ := th.sys.Read(int(c.conn.FD()), b); n > 0 {
					th.sessions.Data(&c.conn, b[:n])
				}
			}
			if th.handled[0] > 0 {
				break
			}
		}
	}
	if th.handled[0] != 1 {
		t.Fatal("not handled")
	}
	th.sessions.beginTurn()
	if th.sessions.crowded() {
		t.Errorf("crowded by %d, which is %d turns", th.sessions.before, th.sessions.before/th.sessions.share)
	}
}
