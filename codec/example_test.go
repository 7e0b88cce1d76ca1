package codec_test

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/sockeye-ws/sockeye/codec"
)

// An echo server's side of a connection, once the handshake is done.
func Example() {
	peer, conn := net.Pipe()
	go talk(peer)

	fmt.Println(echo(conn))
	// Output:
	// message "Hello"
	// message "fragmented"
	// ping "still there?"
	// closed with 1000 normal closure "bye"
	// <nil>
}

func echo(conn net.Conn) error {
	defer conn.Close()
	d := codec.NewDecoder(&codec.Config{MaxMessage: 64 << 10})
	defer d.Release()
	in, out := make([]byte, 4096), []byte(nil)
	for {
		n, err := conn.Read(in)
		if err != nil {
			return err
		}
		out = out[:0]
		for b := in[:n]; len(b) > 0; {
			op, payload, n, err := d.Next(b)
			if violation := (*codec.Error)(nil); errors.As(err, &violation) {
				conn.Write(codec.AppendClose(out, violation.Code, violation.Reason))
				return err
			}
			b = b[n:]
			switch op {
			case codec.Text, codec.Binary:
				fmt.Printf("message %q\n", payload)
				out = codec.AppendFrame(out, op, payload)
			case codec.Ping:
				fmt.Printf("ping %q\n", payload)
				out = codec.AppendPong(out, payload)
			case codec.Close:
				code, reason, _ := codec.ParseClosePayload(payload)
				fmt.Printf("closed with %v %q\n", code, reason)
				_, err := conn.Write(codec.AppendClose(out, code, ""))
				return err
			}
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
	}
}

// talk is a client.
func talk(conn net.Conn) {
	go io.Copy(io.Discard, conn)
	mask := [4]byte{1, 2, 3, 4} // fresh and unpredictable in a real client
	b := codec.AppendMaskedFrame(nil, codec.Text, []byte("Hello"), mask)
	b = codec.AppendMaskedFragment(b, codec.Text, false, []byte("frag"), mask)
	conn.Write(b[:15]) // pieces may be cut anywhere
	conn.Write(b[15:])
	b = codec.AppendMaskedFragment(nil, codec.Continuation, true, []byte("mented"), mask)
	b = codec.AppendMaskedPing(b, []byte("still there?"), mask)
	b = codec.AppendMaskedClose(b, codec.CloseNormal, "bye", mask)
	conn.Write(b)
}

// Reading a large message straight into the decoder's buffer.
func ExampleDecoder_Room() {
	payload := make([]byte, 1<<20)
	r := &stream{codec.AppendFrame(nil, codec.Binary, payload)}

	d := codec.NewDecoder(&codec.Config{Role: codec.Client})
	defer d.Release()
	in := make([]byte, 16<<10)
	for {
		if room := d.Room(); len(room) >= len(in) {
			n, _ := r.Read(room)
			if op, p, _ := d.Filled(n); op != 0 {
				fmt.Println(op == codec.Binary, len(p), "bytes")
				return
			}
			continue
		}
		n, _ := r.Read(in)
		// What follows the message would be in in[n:].
		if op, p, _, _ := d.Next(in[:n]); op != 0 {
			fmt.Println(op == codec.Binary, len(p), "bytes")
			return
		}
	}
	// Output:
	// true 1048576 bytes
}

// stream stands for a connection.
type stream struct{ left []byte }

func (r *stream) Read(b []byte) (int, error) {
	n := copy(b, r.left)
	r.left = r.left[n:]
	return n, nil
}

func ExamplePrepare() {
	m := codec.Prepare(codec.Text, []byte("to all"))
	for range 2 {
		fmt.Printf("%x\n", m.Frame())
	}
	// Output:
	// 8106746f20616c6c
	// 8106746f20616c6c
}
