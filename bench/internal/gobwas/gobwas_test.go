package gobwas

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/peer"
	"github.com/sockeye-ws/sockeye/codec"
)

// writes counts calls.
type writes struct {
	bytes.Buffer
	n int
}

func (w *writes) Write(b []byte) (int, error) {
	w.n++
	return w.Buffer.Write(b)
}

func TestAnswersAllWithOneWrite(t *testing.T) {
	mask := [4]byte{1, 2, 3, 4}
	var in, want []byte
	for _, f := range []struct {
		op, answer codec.Opcode
		payload    string
	}{
		{codec.Text, codec.Text, "first"},
		{codec.Ping, codec.Pong, "ping"},
		{codec.Binary, codec.Binary, ""},
		{codec.Binary, codec.Binary, "\x00\xff"},
	} {
		in = codec.AppendMaskedFrame(in, f.op, []byte(f.payload), mask)
		want = codec.AppendFrame(want, f.answer, []byte(f.payload))
	}
	var out writes
	r := Reader(bytes.NewReader(in))
	defer FreeReader(r)
	if err := Answer(&out, r, Echo); err != nil || !bytes.Equal(out.Bytes(), want) || out.n != 1 {
		t.Errorf("%x in %d writes (%v), want %x in one", out.Bytes(), out.n, err, want)
	}
	if err := Answer(&out, r, Echo); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestAnswersAClose(t *testing.T) {
	in := codec.AppendMaskedClose(nil, codec.CloseNormal, "", [4]byte{1, 2, 3, 4})
	var out bytes.Buffer
	r := Reader(bytes.NewReader(in))
	defer FreeReader(r)
	if err := Answer(&out, r, Echo); err == nil || !bytes.Equal(out.Bytes(), codec.AppendClose(nil, codec.CloseNormal, "")) {
		t.Errorf("%x (%v)", out.Bytes(), err)
	}
}

func TestBroadcastReachesAll(t *testing.T) {
	var conns peer.Conns[net.Conn]
	var peers []net.Conn
	for range 3 {
		ours, theirs := net.Pipe()
		defer ours.Close()
		theirs.SetDeadline(time.Now().Add(20 * time.Second))
		conns.Add(ours)
		peers = append(peers, theirs)
	}
	message := codec.AppendMaskedFrame(nil, codec.Text, []byte("to all"), [4]byte{1, 2, 3, 4})
	r := Reader(bytes.NewReader(message))
	defer FreeReader(r)
	answered := make(chan error, 1)
	go func() { answered <- Answer(io.Discard, r, Broadcast(&conns)) }()
	want := codec.AppendFrame(nil, codec.Text, []byte("to all"))
	var all sync.WaitGroup
	for i, c := range peers {
		all.Go(func() {
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("connection %d got %x (%v), want %x", i, got, err, want)
			}
		})
	}
	all.Wait()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
