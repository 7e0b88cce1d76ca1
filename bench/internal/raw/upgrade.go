package raw

import (
	"bytes"
	"fmt"
)

// The example key of RFC 6455, 1.3, and the answer to it. A fresh key for each
// connection would tell nothing about a server that we start ourselves.
const (
	request = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// maxHead is the limit of the answer in bytes.
const maxHead = 4 << 10

// upgrade makes a fresh connection a WebSocket.
func upgrade(fd int) error {
	if err := write(fd, []byte(request)); err != nil {
		return err
	}
	var head []byte
	var buf [1024]byte
	for {
		n, err := read(fd, buf[:])
		if err != nil {
			return fmt.Errorf("handshake: %w after %q", err, head)
		}
		head = append(head, buf[:n]...)
		if done, err := upgraded(head); done || err != nil {
			return err
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
