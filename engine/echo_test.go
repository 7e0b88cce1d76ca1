package engine_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// pattern gives n bytes of ASCII, at most 4 MiB, in which no part is like its
// neighbours.
func pattern(n int) string { return counting()[:n] }

var counting = sync.OnceValue(func() string {
	var b []byte
	for i := int64(0); len(b) < 4<<20; i++ {
		b = append(strconv.AppendInt(b, i, 16), ',')
	}
	return string(b)
})

// payloadSizes lie at the edges of the length forms, of a read and of what is
// sent without being copied.
var payloadSizes = []int{0, 1, 125, 126, 4095, 4096, 65535, 65536, 1 << 20}

func TestEcho(t *testing.T) {
	for _, loops := range []int{1, 4} {
		t.Run(fmt.Sprintf("loops=%d", loops), func(t *testing.T) {
			t.Parallel()
			s := serve(t, echoing, engine.Options{Loops: loops})
			for range loops {
				p := open(t, s)
				for _, size := range payloadSizes {
					for _, op := range []codec.Opcode{codec.Text, codec.Binary} {
						p.write(frame(op, pattern(size)))
						p.expect(op, pattern(size))
					}
				}
			}
		})
	}
}

func TestEchoFragmented(t *testing.T) {
	t.Parallel()
	p := open(t, serve(t, echoing, engine.Options{}))
	want := pattern(300 << 10)
	for _, size := range []int{1, 1000, 40 << 10, 100 << 10} {
		part, op := want[:min(len(want), 50*size)], codec.Text
		var b strings.Builder
		for i := 0; i < len(part); i += size {
			b.WriteString(fragment(op, false, part[i:min(i+size, len(part))]))
			b.WriteString(frame(codec.Ping, fmt.Sprint(i)))
			op = codec.Continuation
		}
		p.write(b.String() + fragment(codec.Continuation, true, ""))
		for i := 0; i < len(part); i += size {
			p.expect(codec.Pong, fmt.Sprint(i))
		}
		p.expect(codec.Text, part)
	}
}

func TestEchoKeepsOrderOfBurst(t *testing.T) {
	t.Parallel()
	const n = 10_000
	p := open(t, serve(t, echoing, engine.Options{}))
	var burst strings.Builder
	for i := range n {
		burst.WriteString(text(fmt.Sprint(i)))
	}
	go io.WriteString(p.Conn, burst.String())
	for i := range n {
		p.expect(codec.Text, fmt.Sprint(i))
	}
}

// The request and the first messages come in one segment, or in two that are
// split anywhere: frames may begin in the request's last bytes.
func TestRequestAndFramesSplitAnywhere(t *testing.T) {
	t.Parallel()
	s := serve(t, echoing, engine.Options{})
	whole := request + text("first") + frame(codec.Binary, pattern(200))
	for at := range len(whole) {
		p := connect(t, s.addr)
		p.write(whole[:at])
		p.write(whole[at:])
		p.upgraded()
		p.expect(codec.Text, "first")
		p.expect(codec.Binary, pattern(200))
		p.Close()
	}
}

func TestRequestAndFramesByteByByte(t *testing.T) {
	t.Parallel()
	p := connect(t, serve(t, echoing, engine.Options{}).addr)
	whole := request + text("first") + fragment(codec.Text, false, "sec") + fragment(codec.Continuation, true, "ond")
	for i := range len(whole) {
		p.write(whole[i : i+1])
	}
	p.upgraded()
	p.expect(codec.Text, "first")
	p.expect(codec.Text, "second")
}

func TestEchoOverUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "socket")
	for range 2 { // the second server finds the path free again
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		r := record(echoing)
		s := serveAt(t, l, r, engine.Options{})
		p := open(t, s)
		p.write(text("over a Unix socket"))
		p.expect(codec.Text, "over a Unix socket")
		if got := r.conn(t).LocalAddr(); got == nil || got.String() != path {
			t.Errorf("LocalAddr is %v, want %s", got, path)
		}
		s.Close()
		eventually(t, "the path to go", func() bool { _, err := os.Stat(path); return err != nil })
	}
}
