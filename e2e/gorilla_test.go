package e2e

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

type gorillaClient struct{ *websocket.Conn }

func dialGorilla(ctx context.Context, url string, o dialOptions) (client, *http.Response, error) {
	d := websocket.Dialer{
		Subprotocols:      o.subprotocols,
		EnableCompression: o.compression,
		TLSClientConfig:   o.tls,
		NetDialContext:    o.dialer().DialContext,
		WriteBufferSize:   2 << 20, // gorilla splits a message where its buffer ends
	}
	if o.frame > 0 {
		d.WriteBufferSize = o.frame
	}
	conn, resp, err := d.DialContext(ctx, url, o.header())
	if err != nil {
		return nil, resp, err
	}
	deadline := time.Now().Add(cmp.Or(o.life, patience))
	_ = conn.SetReadDeadline(deadline)
	_ = conn.SetWriteDeadline(deadline)
	return gorillaClient{conn}, resp, nil
}

func gorillaKind(m message) int {
	if m.text {
		return websocket.TextMessage
	}
	return websocket.BinaryMessage
}

func (c gorillaClient) write(m message) error { return c.WriteMessage(gorillaKind(m), m.data) }

func (c gorillaClient) read() (message, error) {
	kind, data, err := c.ReadMessage()
	if e := (*websocket.CloseError)(nil); errors.As(err, &e) {
		return message{}, closed{e.Code, e.Text}
	}
	return message{kind == websocket.TextMessage, data}, err
}

func (c gorillaClient) pingWithin(m message) (message, error) {
	pong := make(chan string, 1)
	c.SetPongHandler(func(data string) error { pong <- data; return nil })
	answer := readLater(c)

	w, err := c.NextWriter(gorillaKind(m))
	if err != nil {
		return message{}, err
	}
	if _, err := w.Write(m.data[:len(m.data)/2]); err != nil {
		return message{}, err
	}
	if err := c.WriteControl(websocket.PingMessage, []byte("are you there?"), time.Now().Add(patience)); err != nil {
		return message{}, err
	}
	select {
	case data := <-pong:
		if data != "are you there?" {
			return message{}, errors.New("the pong has another payload: " + data)
		}
	case <-time.After(patience):
		return message{}, errors.New("no pong")
	}
	if _, err := w.Write(m.data[len(m.data)/2:]); err != nil {
		return message{}, err
	}
	if err := w.Close(); err != nil {
		return message{}, err
	}
	return answer()
}

func (c gorillaClient) close(code int, reason string) error {
	frame := websocket.FormatCloseMessage(code, reason)
	if err := c.WriteControl(websocket.CloseMessage, frame, time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.read()
	if got, ok := err.(closed); ok && got.code == code {
		return nil
	}
	return err
}

func (c gorillaClient) subprotocol() string { return c.Subprotocol() }
func (c gorillaClient) cut()                { _ = c.Conn.Close() }

// readLater reads in the background; the function it returns gives the result.
func readLater(c client) func() (message, error) {
	var m message
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		m, err = c.read()
	}()
	return func() (message, error) { <-done; return m, err }
}
