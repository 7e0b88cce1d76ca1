package engine_test

import (
	"io"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// What a failed handshake has taken is free while its peer is still told why.
func TestTLSFailedHoldsNothing(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{CloseTimeout: patience})
	p := connect(t, s.addr)
	p.write("\x16\x03\x01\x00\x04\x00\x00\x00\x00") // no hello
	if _, err := io.ReadFull(p, make([]byte, 7)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the memory to be free", func() bool { return s.Stats().Memory < 1<<10 })
	if n := s.Stats().Connections; n != 1 {
		t.Errorf("%d connections are there", n)
	}
}

// What a client sends during its handshake counts, as crypto/tls keeps it.
func TestTLSHandshakeMemory(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{HandshakeTimeout: patience})
	p := connect(t, s.addr)
	p.write("\x16\x03\x01\x40\x00\x01\x00\xff\x00" + string(make([]byte, 16<<10-4))) // a part of a large hello
	p.write("\x16\x03\x01\x40\x00" + string(make([]byte, 16<<10)))
	eventually(t, "it to be counted", func() bool { return s.Stats().Memory >= 32<<10 })
}

// What crypto/tls keeps for large records does not count either, once there are
// no more to come.
func TestTLSLingeringHoldsNothing(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, echoing, engine.Options{CloseTimeout: patience})
	p, _ := openTLS(t, s, clientTLS())
	p.echoes(200_000) // records grow with what is sent
	eventually(t, "the large records to be counted", func() bool { return s.Stats().Memory > 4<<10 })
	p.write("\x83\x80\x00\x00\x00\x00") // a reserved opcode
	if op, _ := p.next(); op != codec.Close {
		t.Errorf("got opcode %d", op)
	}
	eventually(t, "nothing to be counted", func() bool { return s.Stats().Memory < 1<<10 })
	if n := s.Stats().Connections; n != 1 {
		t.Errorf("%d connections are there", n)
	}
}
