package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/coder/websocket"
)

type coderClient struct {
	*websocket.Conn
	frame int
}

func dialCoder(ctx context.Context, url string, o dialOptions) (client, *http.Response, error) {
	mode := websocket.CompressionDisabled
	if o.compression {
		mode = websocket.CompressionContextTakeover
	}
	return dialCoderWith(ctx, url, mode, o)
}

func dialCoderWith(ctx context.Context, url string, mode websocket.CompressionMode, o dialOptions) (client, *http.Response, error) {
	transport := &http.Transport{TLSClientConfig: o.tls, DialContext: o.dialer().DialContext}
	defer transport.CloseIdleConnections() // after a refusal
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPHeader:      o.header(),
		Subprotocols:    o.subprotocols,
		CompressionMode: mode,
		HTTPClient:      &http.Client{Transport: transport},
	})
	if err != nil {
		return nil, resp, err
	}
	conn.SetReadLimit(-1)
	return coderClient{conn, o.frame}, resp, nil
}

func coderKind(m message) websocket.MessageType {
	if m.text {
		return websocket.MessageText
	}
	return websocket.MessageBinary
}

func (c coderClient) write(m message) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if c.frame == 0 {
		return c.Write(ctx, coderKind(m), m.data)
	}
	w, err := c.Writer(ctx, coderKind(m))
	if err != nil {
		return err
	}
	if err := writeFrames(w, m.data, c.frame); err != nil {
		return err
	}
	return w.Close()
}

// writeFrames writes in pieces: each Write of coder's Writer is a frame.
func writeFrames(w io.Writer, data []byte, size int) error {
	for piece := range slices.Chunk(data, size) {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

func (c coderClient) read() (message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	kind, data, err := c.Read(ctx)
	if e := (websocket.CloseError{}); errors.As(err, &e) {
		return message{}, closed{int(e.Code), e.Reason}
	}
	return message{kind == websocket.MessageText, data}, err
}

func (c coderClient) pingWithin(m message) (message, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer := readLater(c)

	w, err := c.Writer(ctx, coderKind(m))
	if err != nil {
		return message{}, err
	}
	if _, err := w.Write(m.data[:len(m.data)/2]); err != nil {
		return message{}, err
	}
	if err := c.Ping(ctx); err != nil {
		return message{}, err
	}
	if _, err := w.Write(m.data[len(m.data)/2:]); err != nil {
		return message{}, err
	}
	if err := w.Close(); err != nil {
		return message{}, err
	}
	return answer()
}

// close relies on coder's Close, which fails if the answer has another code.
func (c coderClient) close(code int, reason string) error {
	return c.Close(websocket.StatusCode(code), reason)
}

func (c coderClient) subprotocol() string { return c.Subprotocol() }
func (c coderClient) cut()                { _ = c.CloseNow() }
