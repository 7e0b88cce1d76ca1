package engine_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

func acceptPlainly(*handshake.Request) (engine.Accept, error) { return engine.Accept{}, nil }

// A server that has no handler for some of its connections, and no hook that
// could give one, does not serve.
func TestServeWithoutHandler(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("/a", engine.Route{Handler: echoing})
	mux.Handle("/b", engine.Route{})
	for name, o := range map[string]engine.Options{"no options": {}, "a route": {Mux: mux}} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s := engine.NewServer(nil, o)
			defer s.Close()
			served := make(chan error, 2)
			go func() { served <- s.Serve(l); served <- s.ListenAndServe("127.0.0.1:0") }()
			for _, call := range []string{"Serve", "ListenAndServe"} {
				if err := receive(t, call, served); err != engine.ErrNoHandler {
					t.Errorf("%s returned %v", call, err)
				}
			}
		})
	}
}

// Where one may come, but does not, the handshake is refused.
func TestHandshakeWithoutHandler(t *testing.T) {
	t.Parallel()
	mux := engine.NewMux()
	mux.Handle("/chat", engine.Route{Upgrade: acceptPlainly})
	for name, tt := range map[string]struct {
		o      engine.Options
		status string
	}{
		"Upgrade": {engine.Options{Upgrade: acceptPlainly}, "500 Internal Server Error"},
		"workers": {engine.Options{Upgrade: acceptPlainly, Workers: 1}, "500 Internal Server Error"},
		"a route": {engine.Options{Mux: mux}, "500 Internal Server Error"},
		"HTTP":    {engine.Options{HTTP: http.NotFoundHandler()}, "404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, nil, tt.o)
			p := connect(t, s.addr)
			p.write(request)
			p.expectRefusal(tt.status)
			if n := s.Stats().Panics; n > 0 {
				t.Errorf("%d panics", n)
			}
		})
	}
}
