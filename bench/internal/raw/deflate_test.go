package raw

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
	"github.com/sockeye-ws/sockeye/codec"
)

// deflatingServer agrees to compress each message alone, and sends back what
// reply gives for a message and its number.
func deflatingServer(reply func(n int, payload []byte) []byte) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: "+accept+"\r\n"+
			"sec-websocket-extensions: "+deflating.Alone.Offer()+"\r\n\r\n")
		d := codec.NewDecoder(&codec.Config{Deflate: true, MaxMessage: 1 << 20})
		defer d.Release()
		buf := make([]byte, 4096)
		for got := 0; ; {
			n, err := r.Read(buf)
			if err != nil {
				return
			}
			for b := buf[:n]; len(b) > 0; {
				op, payload, used, err := d.Next(b)
				if err != nil {
					return
				}
				if b = b[used:]; op == codec.Text {
					c.Write(reply(got, payload))
					got++
				}
			}
		}
	}
}

// fragments compresses a message into two frames.
func fragments(payload []byte) []byte {
	z := deflated(payload)
	b := codec.AppendHeader(nil, codec.Header{Rsv: rsv1, OpCode: codec.Text, Length: int64(len(z) / 2)})
	b = append(b, z[:len(z)/2]...)
	return codec.AppendFragment(b, codec.Continuation, true, z[len(z)/2:])
}

func TestDeflate(t *testing.T) {
	addr := serve(t, deflatingServer(func(_ int, payload []byte) []byte { return fragments(payload) }))
	for _, kind := range []string{DeflateJSON, DeflateText} {
		r, err := run(t, addr, func(o *Options) { o.Load, o.Size, o.Compress = kind, 3000, deflating.Alone })
		if err != nil || r.Count == 0 || r.Ratio <= 0 || r.Ratio >= 1 {
			t.Errorf("%s: %+v, %v", kind, r, err)
		}
	}
}

// A server need not compress what becomes no smaller.
func TestDeflateOfShortMessages(t *testing.T) {
	addr := serve(t, deflatingServer(func(_ int, payload []byte) []byte {
		if hardly(payload) {
			return codec.AppendFrame(nil, codec.Text, payload)
		}
		return fragments(payload)
	}))
	r, err := run(t, addr, func(o *Options) { o.Load, o.Size, o.Compress = DeflateText, 30, deflating.Alone })
	if err != nil || r.Count == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDeflateOfBadServers(t *testing.T) {
	for name, c := range map[string]struct {
		server func(net.Conn)
		want   string
	}{
		"not agreed": {echoFrames, "answered"},
		"plain": {deflatingServer(func(_ int, payload []byte) []byte {
			return codec.AppendFrame(nil, codec.Text, payload)
		}), errPlain.Error()},
		"another message": {deflatingServer(func(_ int, payload []byte) []byte {
			payload[0]++
			return fragments(payload)
		}), errDiffers.Error()},
		"another one later": {deflatingServer(func(n int, payload []byte) []byte {
			if n >= variety {
				payload[0]++
			}
			return fragments(payload)
		}), errDiffers.Error()},
		"two": {deflatingServer(func(_ int, payload []byte) []byte {
			return append(fragments(payload), fragments(payload)...)
		}), errTooMany.Error()},
	} {
		_, err := run(t, serve(t, c.server), func(o *Options) { o.Load, o.Size, o.Conns, o.Compress = DeflateJSON, 300, 1, deflating.Alone })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestHoldDeflated(t *testing.T) {
	messages := make(chan int, 1000)
	addr := serve(t, deflatingServer(func(n int, payload []byte) []byte {
		messages <- n
		return fragments(payload)
	}))
	held, err := Hold(Options{Addr: addr, Conns: 3, Size: 1024, Compress: deflating.Alone})
	if err != nil {
		t.Fatal(err)
	}
	held.Close()
	if n := len(messages); n != 3 {
		t.Errorf("%d messages", n)
	}
	if _, err := Hold(Options{Addr: addr, Conns: 1, Size: 1024, Compress: deflating.Takeover}); err == nil || errors.Is(err, errDiffers) {
		t.Errorf("%v from a server that does not keep contexts", err)
	}
}
