// Package gobwas answers messages with gobwas/ws, for the peers that differ in
// what waits for them.
package gobwas

import (
	"bufio"
	"io"
	"net"
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

// Reply answers a message, whose payload is valid until it returns. What it
// writes to w leaves together with the answers to what was read together.
type Reply func(w io.Writer, op ws.OpCode, payload []byte) error

// Mode gives the reply for a server that echoes or broadcasts, and where to keep
// its connections, which is nil unless they are needed.
func Mode(broadcast bool) (*peer.Conns[net.Conn], Reply) {
	if !broadcast {
		return nil, Echo
	}
	conns := new(peer.Conns[net.Conn])
	return conns, Broadcast(conns)
}

// Echo sends a message back.
func Echo(w io.Writer, op ws.OpCode, payload []byte) error {
	if err := ws.WriteHeader(w, ws.Header{Fin: true, OpCode: op, Length: int64(len(payload))}); err != nil {
		return err
	}
	_, err := w.Write(payload)
	return err
}

// Broadcast gives the reply that sends a message to all connections, encoded
// once. That a connection fails is not the sender's fault.
func Broadcast(conns *peer.Conns[net.Conn]) Reply {
	return func(_ io.Writer, op ws.OpCode, payload []byte) error {
		frame, err := ws.CompileFrame(ws.NewFrame(op, true, payload))
		if err != nil {
			return err
		}
		conns.Each(func(c net.Conn) { c.Write(frame) })
		return nil
	}
}

// Answer waits for bytes in r, and then answers the message that they begin and
// all that r has buffered after it, with as few writes to w as possible. It
// waits for the rest of a message of which a part is there.
func Answer(w io.Writer, r *bufio.Reader, reply Reply) error {
	if _, err := r.Peek(1); err != nil {
		return err
	}
	bw := writers.Get().(*bufio.Writer)
	bw.Reset(w)
	defer freeWriter(bw)
	for {
		if err := message(bw, r, reply); err != nil {
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
func message(w *bufio.Writer, r *bufio.Reader, reply Reply) error {
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
	return reply(w, h.OpCode, b.Bytes())
}
