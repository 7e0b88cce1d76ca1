package engine_test

import (
	"io"
	"testing"

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
