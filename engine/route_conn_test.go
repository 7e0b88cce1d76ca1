package engine_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// withConn makes a route's hook that tells of the connection and the request.
func withConn(name string) func(*engine.Conn, *handshake.Request) (engine.Accept, error) {
	return func(c *engine.Conn, r *handshake.Request) (engine.Accept, error) {
		return engine.Accept{Header: http.Header{"X-Hook": {name + " " + c.RemoteAddr().String() + " " + r.PathValue("room")}}}, nil
	}
}

// A route's hooks come before the server's, and of each the one that has the
// connection.
func TestRouteUpgradeConn(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, o engine.Options) {
		o.Mux = engine.NewMux()
		o.Mux.Handle("/own/{room}", engine.Route{UpgradeConn: withConn("own")})
		o.Mux.Handle("/both/{room}", engine.Route{UpgradeConn: withConn("both"), Upgrade: telling("").Upgrade})
		o.Mux.Handle("/plain/{room}", engine.Route{Upgrade: telling("plain").Upgrade})
		o.Mux.Handle("/{room}", engine.Route{})
		o.UpgradeConn = withConn("server's")
		s := serve(t, echoing, o)
		for target, want := range map[string]string{
			"/own/blue": "X-Hook: own ADDR blue", "/both/blue": "X-Hook: both ADDR blue",
			"/plain/blue": `X-Found: plain "blue" ""`, "/blue": "X-Hook: server's ADDR blue",
		} {
			p := connect(t, s.addr)
			p.write(requestFor(target))
			want = strings.Replace(want, "ADDR", p.LocalAddr().String(), 1)
			if head := p.upgraded(); !strings.Contains(head, "\r\n"+want+"\r\n") {
				t.Errorf("%s: got %q, want %q", target, head, want)
			}
		}
	})
}
