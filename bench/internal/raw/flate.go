package raw

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"

	"github.com/sockeye-ws/sockeye/codec"
)

// rsv1 marks the first frame of a compressed message.
const rsv1 = 0b100

// The end of a message that is not sent, RFC 7692 section 7.2.1; and for
// inflating, a last block behind it.
const (
	tail     = "\x00\x00\xff\xff"
	lastTail = tail + "\x01\x00\x00\xff\xff"
)

// deflated compresses as most clients do: zlib's usual level.
func deflated(p []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression) // a level that there is
	w.Write(p)
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte(tail))
}

func inflated(z, history []byte) ([]byte, error) {
	return io.ReadAll(flate.NewReaderDict(io.MultiReader(bytes.NewReader(z), strings.NewReader(lastTail)), history))
}

var errPlain = errors.New("a reply is not compressed")

// hardly tells that compressing p gains less than a tenth: a server may well
// send it as it is.
func hardly(p []byte) bool { return 10*len(deflated(p)) > 9*len(p) }

// readMessage reads a message, of one frame or several, and gives its frames as
// they came and their payload, and tells whether that is compressed.
func readMessage(fd int) (frames, payload []byte, compressed bool, err error) {
	buf := make([]byte, bufferSize)
	for at := 0; ; {
		h, n, err := codec.ParseHeader(frames[at:])
		if err != nil {
			return nil, nil, false, err
		}
		if n == 0 || len(frames)-at-n < int(h.Length) {
			n, err := read(fd, buf)
			if err != nil {
				return nil, nil, false, err
			}
			frames = append(frames, buf[:n]...)
			continue
		}
		if at == 0 {
			compressed = h.Rsv == rsv1
		}
		at += n + int(h.Length)
		payload = append(payload, frames[at-int(h.Length):at]...)
		switch {
		case h.Fin && at < len(frames):
			return nil, nil, false, errTooMany
		case h.Fin:
			return frames, payload, compressed, nil
		}
	}
}
