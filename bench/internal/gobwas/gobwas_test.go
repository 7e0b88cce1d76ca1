package gobwas

import (
	"bytes"
	"errors"
	"io"
	"testing"

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

func TestEchoAnswersAllWithOneWrite(t *testing.T) {
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
	if err := Echo(&out, r); err != nil || !bytes.Equal(out.Bytes(), want) || out.n != 1 {
		t.Errorf("%x in %d writes (%v), want %x in one", out.Bytes(), out.n, err, want)
	}
	if err := Echo(&out, r); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestEchoAnswersAClose(t *testing.T) {
	in := codec.AppendMaskedClose(nil, codec.CloseNormal, "", [4]byte{1, 2, 3, 4})
	var out bytes.Buffer
	r := Reader(bytes.NewReader(in))
	defer FreeReader(r)
	if err := Echo(&out, r); err == nil || !bytes.Equal(out.Bytes(), codec.AppendClose(nil, codec.CloseNormal, "")) {
		t.Errorf("%x (%v)", out.Bytes(), err)
	}
}
