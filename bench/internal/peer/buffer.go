package peer

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Buffer gives an empty buffer for one message. Servers whose interface reads
// a message from an io.Reader need one only between the message's header and
// their reply, and so none for an idle connection. Any goroutine may call it.
func Buffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// Free takes a buffer back, which its user must not touch any more.
func Free(b *bytes.Buffer) {
	b.Reset()
	buffers.Put(b)
}
