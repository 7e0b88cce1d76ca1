package peer

import "testing"

func TestBufferIsEmpty(t *testing.T) {
	for range 100 {
		b := Buffer()
		if b.Len() != 0 {
			t.Fatalf("a buffer holds %q", b)
		}
		b.WriteString("what another connection must not see")
		Free(b)
	}
}
