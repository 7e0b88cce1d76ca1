package engine

import (
	"testing"
	"unsafe"
)

// A million connections lie idle: whoever adds a field pays a million times.
func TestSizeOfConn(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size != 96 {
		t.Fatalf("a Conn takes %d bytes, want 96", size)
	}
}
