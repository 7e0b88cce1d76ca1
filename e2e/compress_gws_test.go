package e2e

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/lxzan/gws"
)

// gwsClient receives from gws's loop what it hands to read.
type gwsClient struct {
	*gws.Conn
	gws.BuiltinEventHandler
	frame    bool // send messages as files: in frames
	messages chan message
	pong     chan struct{}
	ended    chan struct{}
	end      error // once ended is closed
}

// dialGWS gives how to dial with these options.
func dialGWS(deflate gws.PermessageDeflate) dialFunc {
	return func(_ context.Context, url string, o dialOptions) (client, *http.Response, error) {
		c := &gwsClient{
			frame: o.frame > 0, messages: make(chan message, 1000),
			pong: make(chan struct{}, 1), ended: make(chan struct{}),
		}
		conn, resp, err := gws.NewClient(c, &gws.ClientOption{
			Addr: url, RequestHeader: o.header(), PermessageDeflate: deflate,
			HandshakeTimeout: patience, CheckUtf8Enabled: true,
		})
		if err != nil {
			return nil, resp, err
		}
		c.Conn = conn
		_ = conn.SetDeadline(time.Now().Add(patience))
		go conn.ReadLoop()
		return c, resp, nil
	}
}

func (c *gwsClient) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	c.messages <- message{m.Opcode == gws.OpcodeText, bytes.Clone(m.Bytes())}
}

func (c *gwsClient) OnPong(*gws.Conn, []byte) { c.pong <- struct{}{} }

func (c *gwsClient) OnClose(_ *gws.Conn, err error) {
	c.end = err
	if e := (*gws.CloseError)(nil); errors.As(err, &e) {
		c.end = closed{int(e.Code), string(e.Reason)}
	}
	close(c.ended)
}

func gwsKind(m message) gws.Opcode {
	if m.text {
		return gws.OpcodeText
	}
	return gws.OpcodeBinary
}

func (c *gwsClient) write(m message) error {
	if c.frame {
		return c.WriteFile(gwsKind(m), bytes.NewReader(m.data))
	}
	return c.WriteMessage(gwsKind(m), m.data)
}

func (c *gwsClient) read() (message, error) {
	select {
	case m := <-c.messages:
		return m, nil
	case <-c.ended:
		return message{}, c.end
	}
}

func (c *gwsClient) pingWithin(message) (message, error) {
	return message{}, errors.New("gws cannot send a part of a message")
}

// close does not see the answer: gws awaits none.
func (c *gwsClient) close(code int, reason string) error {
	if err := c.WriteClose(uint16(code), []byte(reason)); err != nil {
		return err
	}
	<-c.ended
	return nil
}

func (c *gwsClient) subprotocol() string { return c.SubProtocol() }
func (c *gwsClient) cut()                { _ = c.NetConn().Close() }
