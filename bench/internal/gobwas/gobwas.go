// Package gobwas echoes messages with gobwas/ws, for the peers that differ in
// what waits for them.
package gobwas

import (
	"bufio"
	"io"
	"sync"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

const bufferSize = 4 << 10 // that of bufio and net/http

var (
	readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferSize) }}
	writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, bufferSize) }}
)

// Reader gives a buffer that reads from r, to be given back to [FreeReader].
func Reader(r io.Reader) *bufio.Reader {
	br := readers.Get().(*bufio.Reader)
	br.Reset(r)
	return br
}

// FreeReader takes back a buffer that nobody uses any more.
func FreeReader(br *bufio.Reader) {
	br.Reset(nil)
	readers.Put(br)
}

// Echo waits for bytes in r, and then answers the message that they begin and
// all that r has buffered after it, with as few writes to w as possible. It
// waits for the rest of a message of which a part is there.
func Echo(w io.Writer, r *bufio.Reader) error {
	if _, err := r.Peek(1); err != nil {
		return err
	}
	bw := writers.Get().(*bufio.Writer)
	bw.Reset(w)
	defer freeWriter(bw)
	for {
		if err := message(bw, r); err != nil {
			bw.Flush() // the answer to a Close frame
			return err
		}
		if r.Buffered() == 0 {
			return bw.Flush()
		}
	}
}

func freeWriter(bw *bufio.Writer) {
	bw.Reset(nil)
	writers.Put(bw)
}

// message answers one message, or one control frame before it.
func message(w *bufio.Writer, r *bufio.Reader) error {
	control := wsutil.ControlFrameHandler(w, ws.StateServerSide)
	from := wsutil.Reader{Source: r, State: ws.StateServerSide, CheckUTF8: true, OnIntermediate: control}
	h, err := from.NextFrame()
	if err != nil {
		return err
	}
	if h.OpCode.IsControl() {
		return control(h, &from)
	}
	b := peer.Buffer()
	defer peer.Free(b)
	if _, err := b.ReadFrom(&from); err != nil {
		return err
	}
	if err := ws.WriteHeader(w, ws.Header{Fin: true, OpCode: h.OpCode, Length: int64(b.Len())}); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}
