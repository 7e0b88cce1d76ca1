package faults

import (
	"net"
	"testing"
)

// dribble is a connection that carries one byte with each call.
type dribble struct{ net.Conn }

func (d dribble) Read(b []byte) (int, error) { return d.Conn.Read(b[:min(len(b), 1)]) }

func (d dribble) Write(b []byte) (n int, err error) {
	for i := range b {
		m, err := d.Conn.Write(b[i : i+1])
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// TestDribble has clients send and read byte by byte, the handshake too.
func TestDribble(t *testing.T) {
	for name, flags := range map[string][]string{"loops": nil, "workers": workers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, flags...)
			others := openAll(t, 2, s.addr, chat)
			p := chat
			p.count, p.buffer = uint64(rounds(10)), 1
			var all []*client
			for range 4 {
				c := dialOver(s.addr, p, func(c net.Conn) net.Conn { return dribble{c} })
				if c.err != nil {
					t.Fatal(c.err)
				}
				go c.talk(p)
				all = append(all, c)
			}
			for _, c := range all {
				if <-c.over; c.err != nil {
					t.Errorf("connection %d: %v", c.id, c.err)
				}
			}
			mustComplete(t, others...)
			s.mustRecover(t, 0)
		})
	}
}
