package engine

import (
	"bytes"
	"io"
	"net"
	"os"
	"slices"
	"testing"
)

// chunks is a socket whose bytes come in chunks of the sizes that splits gives, in
// turn, with time running out before each.
type chunks struct {
	net.Conn
	stream, splits []byte
	reads          int
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.reads++; c.reads%2 == 1 {
		return 0, os.ErrDeadlineExceeded
	}
	if len(c.stream) == 0 {
		return 0, io.EOF
	}
	n := len(c.stream)
	if len(c.splits) > 0 {
		n = 1 + int(c.splits[c.reads/2%len(c.splits)])
	}
	n = copy(p, c.stream[:min(n, len(c.stream))])
	c.stream = c.stream[n:]
	return n, nil
}

// checkSocket has stream come through a socket: all of it, and whenever time
// runs out, up to the end of a record.
func checkSocket(t *testing.T, stream, splits []byte) {
	t.Helper()
	records, _ := naiveRecords(stream)
	boundaries, end := map[int]bool{0: true}, 0
	for _, record := range records {
		if record[0] < 20 || record[0] > 23 {
			break // not of TLS: crypto/tls is to see it at once, and ends the connection
		}
		end += len(record)
		boundaries[end] = true
	}
	state := &tlsState{socket: &tlsSocket{Conn: &chunks{stream: stream, splits: splits}}}
	var got []byte
	for p := make([]byte, 517); ; { // the room that crypto/tls has for a header
		n, err := state.Read(p)
		got = append(got, p[:n]...)
		switch {
		case err == io.EOF:
			if !bytes.Equal(got, stream) {
				t.Fatalf("got %d bytes % x, want %d % x", len(got), got, len(stream), stream)
			}
			return
		case err == nil:
		case err != os.ErrDeadlineExceeded:
			t.Fatal(err)
		case len(got) <= end && !boundaries[len(got)]:
			t.Fatalf("a read that timed out left a record cut, after %d bytes", len(got))
		}
	}
}

func TestSocketRecords(t *testing.T) {
	streams := map[string][]byte{
		"none":       nil,
		"one":        recordOf(100),
		"several":    slices.Concat(recordOf(1), recordOf(0), recordOf(16<<10), recordOf(2), recordOf(700)),
		"cut":        append(recordOf(600), recordOf(50)[:30]...),
		"a header":   {23, 3, 3},
		"too large":  append(recordOf(10), 23, 3, 3, 255, 255, 1, 2, 3),
		"no records": []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	}
	for name, stream := range streams {
		t.Run(name, func(t *testing.T) {
			for _, splits := range [][]byte{nil, {0}, {1}, {4}, {5}, {99}, {255}, {0, 255, 3, 40}} {
				checkSocket(t, stream, splits)
			}
		})
	}
}

func FuzzSocketRecords(f *testing.F) {
	f.Add([]byte{23, 3, 3, 0, 1, 9, 23, 3, 3, 0, 0, 22}, []byte{0, 3})
	f.Add([]byte{23, 3, 3, 255, 255, 1}, []byte{2})
	f.Add([]byte("POST / HTTP/1.1\r\n"), []byte{1})
	f.Fuzz(func(t *testing.T, stream, splits []byte) { checkSocket(t, stream, splits) })
}
