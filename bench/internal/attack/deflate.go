package attack

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"strings"

	"github.com/sockeye-ws/sockeye/codec"
)

// deflateRequest offers to compress, each message alone.
const deflateRequest = requestLine + upgradeLines +
	"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n\r\n"

// deflating does play on a fresh WebSocket that has agreed to compress; one that
// has not ends with 1002.
func deflating(play func(a *attacker) string) func(a *attacker) string {
	return connected(func(a *attacker) string {
		a.send([]byte(deflateRequest))
		if refused := a.upgraded(); refused != "" {
			return refused
		}
		return play(a)
	})
}

const (
	rsv1 = 0b100 // of the first frame of a compressed message

	// emptyBlock ends what is flushed; the message's end goes without it, RFC
	// 7692 section 7.2.1. Its four bytes are a stored block of nothing, but for
	// its first bits.
	emptyBlock = "\x00\x00\xff\xff"
)

// deflated compresses p as much as can be: zeros to a thousandth. What it gives
// can be repeated.
func deflated(p []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // a level that there is
	w.Write(p)
	w.Flush()
	return b.Bytes()
}

// deflatedFrame gives the first frame of a compressed binary message.
func deflatedFrame(fin bool, z []byte) []byte {
	h := codec.Header{Fin: fin, Rsv: rsv1, OpCode: codec.Binary, Masked: true, Mask: mask, Length: int64(len(z))}
	return appendMasked(codec.AppendHeader(nil, h), z)
}

func appendMasked(b, p []byte) []byte {
	for i, c := range p {
		b = append(b, c^mask[i%len(mask)])
	}
	return b
}

// deflateEndlessly begins a compressed message and continues it with z, again
// and again.
func deflateEndlessly(z []byte) func(a *attacker) string {
	begin := deflatedFrame(false, z)
	fragment := codec.AppendMaskedFragment(nil, codec.Continuation, false, z, mask)
	return deflating(func(a *attacker) string {
		a.send(begin)
		left := swallowed / len(fragment)
		a.pour(func() []byte {
			if left--; left < 0 {
				return nil
			}
			return fragment
		})
		return a.ending()
	})
}

// tables is a block with codes for everything, of which none comes, and then an
// empty one. To build tables for so many codes takes some microseconds.
const tables = "\xec\xfd\x03\x60\x18\x30\x0c\x00\x00\xcc\xb6\x6d\xdb\xb6\x6d\xdb\xb6\x6d" +
	"\xdb\xb6\x6d\xdb\xb6\x8d\xdb\xb6\x6d\x9b\x49\x6d\x1b\x8f\x00\x00\x00\xff\xff"

// Compressed messages of nothing, of 32 KiB.
var (
	manyEmptyBlocks = []byte(strings.Repeat("\x00"+emptyBlock, 32<<10/5))
	manyTables      = []byte(strings.Repeat(tables, 32<<10/len(tables)))
)

// bombsAtOnce are sent before the echo of the first is read.
const bombsAtOnce = 16

// sendBombs sends messages of n zeros, which take a thousandth of that, and
// reads the echoes.
func sendBombs(n int) func(a *attacker) string {
	payload := make([]byte, n)
	bomb := deflatedFrame(true, bytes.TrimSuffix(deflated(payload), []byte(emptyBlock)))
	return deflating(func(a *attacker) string {
		a.pourOnce(bytes.Repeat(bomb, bombsAtOnce))
		for range bombsAtOnce {
			if answer := a.inflatedEcho(payload); answer != "echo" {
				return answer
			}
		}
		return "echo"
	})
}

// holdBackDeflated holds back the end of a compressed message of about n bytes:
// of numbers, as their digits need tables of their own to be inflated.
func holdBackDeflated(n int) func(a *attacker) string {
	var payload []byte
	for i := 0; len(payload) < n; i++ {
		payload = fmt.Appendf(payload, "%d ", i*i*i)
	}
	z := bytes.TrimSuffix(deflated(payload), []byte(emptyBlock))
	at := len(z) * 9 / 10
	begin := deflatedFrame(false, z[:at])
	end := codec.AppendMaskedFragment(nil, codec.Continuation, true, z[at:], mask)
	return deflating(func(a *attacker) string {
		a.send(begin)
		<-a.over.Done()
		a.send(end)
		return a.inflatedEcho(payload)
	})
}

// inflatedEcho reads a message, compressed or not, and tells whether it is the
// echo of payload.
func (a *attacker) inflatedEcho(payload []byte) string {
	defer a.patient()()
	compressed, got, err := a.message()
	if err != nil {
		return ended(err)
	}
	if compressed {
		got = inflated(got, len(payload)+1)
	}
	if !bytes.Equal(got, payload) {
		return "something else"
	}
	return "echo"
}

// message reads a whole message, as it is on the wire.
func (a *attacker) message() (compressed bool, payload []byte, err error) {
	for {
		h, err := a.header()
		if err != nil {
			return false, nil, err
		}
		fragment := make([]byte, min(h.Length, maxAnswer))
		if _, err := io.ReadFull(a.in, fragment); err != nil {
			return false, nil, err
		}
		compressed = compressed || h.Rsv == rsv1
		payload = append(payload, fragment...)
		if h.Fin {
			return compressed, payload, nil
		}
	}
}

// inflated gives no more than limit bytes of a message; what is wrong with it is
// then missing.
func inflated(z []byte, limit int) []byte {
	r := flate.NewReader(io.MultiReader(bytes.NewReader(z), strings.NewReader(emptyBlock)))
	p, _ := io.ReadAll(io.LimitReader(r, int64(limit)))
	return p
}
