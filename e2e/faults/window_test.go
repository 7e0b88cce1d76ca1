package faults

import "testing"

// TestZeroWindow has clients send without reading: with its sockets to them
// full, the server ends them when they have had WriteTimeout.
func TestZeroWindow(t *testing.T) {
	for name, flags := range map[string][]string{"loops": nil, "workers": workers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, append(flags, "-write-timeout", "1s")...)
			others := openAll(t, 4, s.addr, chat)
			flood(t, s, 4)
			waitUntil(t, "the server has cut those who do not read", func() bool { return s.stock(t).Connections == len(others) })
			goOn(t, others, 3)
			mustComplete(t, others...)
			s.mustRecover(t, 0)
		})
	}
}

// TestLateReader has a client read only after its window was zero for a while:
// then everything comes, in order.
func TestLateReader(t *testing.T) {
	for name, flags := range map[string][]string{"loops": nil, "workers": workers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, append(flags, "-write-timeout", "5m")...)
			late := dial(s.addr, bulk)
			if late.err != nil {
				t.Fatal(late.err)
			}
			begin := make(chan struct{})
			p := bulk
			p.begin = begin
			go late.talk(p)
			waitUntil(t, "the window is zero", func() bool { return s.to(t, late.port).stuck() })
			waitUntil(t, "the server cannot send", func() bool { return s.stock(t).Buffered > backlog })
			others := openAll(t, 2, s.addr, chat)
			goOn(t, others, 5)
			close(begin)
			goOn(t, []*client{late}, 100)
			mustComplete(t, append(others, late)...)
			s.mustRecover(t, 0)
		})
	}
}
