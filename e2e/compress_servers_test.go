package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
)

// foreignCompression are echo servers that others wrote, in each way they
// compress. wrong are the ways of ours to which they answer, in the handshake,
// what the offer does not permit, RFC 7692 section 7.1.2: a window of the server
// larger than the client can take, or one of the client larger than it has.
var foreignCompression = []struct {
	name  string
	start func(t *testing.T) (url string)
	wrong []string
}{
	{"gorilla", gorillaEcho, []string{"takeover, window 10"}},
	{"coder alone", coderEcho(websocket.CompressionNoContextTakeover), nil},
	{"coder takeover", coderEcho(websocket.CompressionContextTakeover), nil},
	{"gws alone", gwsEcho(gws.PermessageDeflate{Enabled: true, Threshold: 1}), []string{"takeover, window 10"}},
	{"gws alone, windows", gwsEcho(gws.PermessageDeflate{
		Enabled: true, Threshold: 1, ServerMaxWindowBits: 9, ClientMaxWindowBits: 10,
	}), []string{"alone, window 9"}},
	{"gws takeover", gwsEcho(gws.PermessageDeflate{
		Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true,
	}), []string{"alone, window 9", "takeover, window 10"}},
	{"gws takeover of the server", gwsEcho(gws.PermessageDeflate{
		Enabled: true, ServerContextTakeover: true,
	}), []string{"takeover, window 10"}},
	{"gws takeover of the client", gwsEcho(gws.PermessageDeflate{
		Enabled: true, ClientContextTakeover: true,
	}), []string{"alone, window 9", "takeover, window 10"}},
	{"gws takeover, windows", gwsEcho(gws.PermessageDeflate{
		Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true, ServerMaxWindowBits: 10, ClientMaxWindowBits: 9,
	}), nil},
	{"ws takeover", nodeEcho(nodeDeflate{}), nil},
	{"ws alone", nodeEcho(nodeDeflate{ServerNoContextTakeover: true, ClientNoContextTakeover: true}), nil},
	{"ws takeover of the server", nodeEcho(nodeDeflate{ClientNoContextTakeover: true}), nil},
	{"ws takeover of the client", nodeEcho(nodeDeflate{ServerNoContextTakeover: true}), nil},
	{"ws takeover, windows", nodeEcho(nodeDeflate{ServerMaxWindowBits: 10, ClientMaxWindowBits: 9}), nil},
	{"ws, large ones", nodeEcho(nodeDeflate{Threshold: 100_000}), nil},
}

func gorillaEcho(t *testing.T) string { return serve(t, http.HandlerFunc(echoGorilla)) }

func echoGorilla(w http.ResponseWriter, r *http.Request) {
	upgrader := gorilla.Upgrader{EnableCompression: true, WriteBufferSize: 1000}
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	gorillaServe(c, true)
}

func coderEcho(mode websocket.CompressionMode) func(t *testing.T) string {
	return func(t *testing.T) string {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1})
			if err != nil {
				return
			}
			defer func() { _ = c.CloseNow() }()
			c.SetReadLimit(-1)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			coderServe(ctx, c, true)
		}))
	}
}

// gwsEchoes sends back what comes.
type gwsEchoes struct{ gws.BuiltinEventHandler }

func (gwsEchoes) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

func gwsEcho(deflate gws.PermessageDeflate) func(t *testing.T) string {
	upgrader := gws.NewUpgrader(gwsEchoes{}, &gws.ServerOption{PermessageDeflate: deflate, CheckUtf8Enabled: true})
	return func(t *testing.T) string {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := upgrader.Upgrade(w, r)
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(patience))
			c.ReadLoop()
		}))
	}
}

// nodeDeflate is perMessageDeflate of the ws package: what is false or 0 is
// left out.
type nodeDeflate struct {
	ServerNoContextTakeover bool `json:"serverNoContextTakeover,omitempty"`
	ClientNoContextTakeover bool `json:"clientNoContextTakeover,omitempty"`
	ServerMaxWindowBits     int  `json:"serverMaxWindowBits,omitempty"`
	ClientMaxWindowBits     int  `json:"clientMaxWindowBits,omitempty"`
	Threshold               int  `json:"threshold,omitempty"`
}

func nodeEcho(deflate nodeDeflate) func(t *testing.T) string {
	return func(t *testing.T) string {
		options, err := json.Marshal(deflate)
		if err != nil {
			t.Fatal(err)
		}
		return start(t, nodeCommand(context.Background(), t, "compress_server.mjs", string(options))).url
	}
}
