package raw

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
)

// The example key of RFC 6455, 1.3, and the answer to it. A fresh key for each
// connection would tell nothing about a server that we start ourselves.
const (
	requestLines = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	request = requestLines + "\r\n"
	accept  = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// maxHead is the limit of the answer in bytes.
const maxHead = 4 << 10

// upgrade makes a fresh connection a WebSocket, and agrees to compress.
func upgrade(fd int, way deflating.Way) error {
	if way == "" {
		_, err := handshake(fd, request)
		return err
	}
	head, err := handshake(fd, requestLines+extensions+": "+way.Offer()+"\r\n\r\n")
	if err != nil {
		return err
	}
	_, answer, _ := strings.Cut(strings.ToLower(string(head)), strings.ToLower(extensions)+":")
	answer, _, _ = strings.Cut(answer, "\r\n")
	return way.Check(strings.TrimSpace(answer))
}

const extensions = "Sec-WebSocket-Extensions"

// handshake sends a request and gives the answer, which says yes.
func handshake(fd int, request string) (head []byte, err error) {
	if err := write(fd, []byte(request)); err != nil {
		return nil, err
	}
	var buf [1024]byte
	for {
		n, err := read(fd, buf[:])
		if err != nil {
			return nil, fmt.Errorf("handshake: %w after %q", err, head)
		}
		head = append(head, buf[:n]...)
		if done, err := upgraded(head); done || err != nil {
			return head, err
		}
	}
}

// upgraded tells whether head is a whole answer, and fails if that is not yes.
func upgraded(head []byte) (bool, error) {
	if !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if len(head) > maxHead {
			return false, fmt.Errorf("handshake: no end in %d bytes of its answer", len(head))
		}
		return false, nil
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(accept)) {
		return false, fmt.Errorf("handshake refused: %q", head)
	}
	return true, nil
}
