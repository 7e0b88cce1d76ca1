// Package secure measures servers for wss: what an idle connection costs, a
// message, a handshake.
package secure

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// patience is how long a server may take for anything.
const patience = 30 * time.Second

// client is a connection that sends binary messages and waits for their echoes.
type client struct {
	tcp *net.TCPConn
	tls *tls.Conn
}

// dialTLS opens a connection, and does the handshake of TLS alone.
func dialTLS(addr string, config *tls.Config) (*client, error) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &client{tcp: nc.(*net.TCPConn), tls: tls.Client(nc, config)}
	nc.SetDeadline(time.Now().Add(patience))
	if err := c.tls.Handshake(); err != nil {
		nc.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return c, nil
}

const request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// dial opens a WebSocket connection.
func dial(addr string, config *tls.Config) (*client, error) {
	c, err := dialTLS(addr, config)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c.tls, request); err != nil {
		return nil, c.fail(err)
	}
	head := bufio.NewReader(c.tls)
	status, err := head.ReadString('\n')
	if err == nil && !strings.Contains(status, " 101 ") {
		err = fmt.Errorf("answered with %q", status)
	}
	for line := ""; err == nil && line != "\r\n"; {
		line, err = head.ReadString('\n')
	}
	if err == nil && head.Buffered() > 0 {
		err = errors.New("more than the answer came")
	}
	if err != nil {
		return nil, c.fail(err)
	}
	return c, nil
}

func (c *client) fail(err error) error {
	c.tcp.Close()
	return err
}

// close resets the connection, so that no port is left waiting.
func (c *client) close() {
	c.tcp.SetLinger(0)
	c.tcp.Close()
}

// frame is a masked binary message of so many bytes of payload.
func frame(size int) []byte {
	b := []byte{0x82}
	switch {
	case size < 126:
		b = append(b, 0x80|byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(size))
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	b = append(b, mask[:]...)
	for i := range size {
		b = append(b, byte(i*7)^mask[i&3])
	}
	return b
}

// echo is what a server has to answer to a frame, in one frame as well.
func echo(size int) []byte {
	b := frame(size)
	mask, payload := b[len(b)-size-4:len(b)-size], b[len(b)-size:]
	for i := range payload {
		payload[i] ^= mask[i&3]
	}
	head := b[:len(b)-size-4]
	head[1] &^= 0x80
	return append(head, payload...)
}

// message is a frame, its echo, and memory for that.
type message struct{ frame, echo, got []byte }

func newMessage(size int) *message {
	e := echo(size)
	return &message{frame(size), e, make([]byte, len(e))}
}

// exchange sends a message and wants it back.
func (c *client) exchange(m *message) error {
	c.tcp.SetDeadline(time.Now().Add(patience))
	if _, err := c.tls.Write(m.frame); err != nil {
		return err
	}
	if _, err := io.ReadFull(c.tls, m.got); err != nil {
		return err
	}
	if !bytes.Equal(m.got, m.echo) {
		return errors.New("another message came back")
	}
	return nil
}
