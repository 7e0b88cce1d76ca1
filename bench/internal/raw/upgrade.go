package raw

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The example key of RFC 6455, 1.3, and the answer to it. A fresh key for each
// connection would tell nothing about a server that we start ourselves.
const (
	request = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// limitReads lets each read that waits fail after 5 s.
func limitReads(fd int) error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}))
}

// upgrade makes a fresh connection a WebSocket.
func upgrade(fd int) error {
	if err := limitReads(fd); err != nil {
		return err
	}
	if err := send(fd, []byte(request)); err != nil {
		return err
	}
	var head []byte
	var buf [1024]byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		n, err := read(fd, buf[:])
		if err != nil {
			return fmt.Errorf("handshake: %w after %q", err, head)
		}
		if n == 0 {
			return fmt.Errorf("handshake: closed by the server after %q", head)
		}
		head = append(head, buf[:n]...)
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) || !bytes.Contains(head, []byte(accept)) {
		return fmt.Errorf("handshake refused: %q", head)
	}
	return nil
}

// read waits for bytes. A read with a time limit is interrupted by any signal,
// such as those of the runtime.
func read(fd int, b []byte) (n int, err error) {
	for {
		if n, err = unix.Read(fd, b); err != unix.EINTR {
			return n, err
		}
	}
}
