package engine_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// An echo server: the handler runs on the connection's event loop, so it must
// not block, and Send does not.
func ExampleServer() {
	srv := engine.NewServer(engine.HandlerFuncs{
		Message: func(c *engine.Conn, op codec.Opcode, payload []byte) { c.Send(op, payload) },
	}, engine.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- srv.Serve(l) }() // or srv.ListenAndServe(":8080")

	fmt.Println(ask("ws://"+l.Addr().String(), "hello"))

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	fmt.Println(srv.Shutdown(ctx), <-served)
	// Output:
	// hello
	// <nil> engine: server closed
}

// ask sends a message and gives the first that comes back.
func ask(url, question string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	answers := make(chan string, 1)
	c, err := engine.Dial(ctx, url, engine.HandlerFuncs{
		Message: func(c *engine.Conn, _ codec.Opcode, payload []byte) {
			answers <- string(payload)
			c.Close(codec.CloseNormal, "thanks")
		},
	}, engine.DialOptions{})
	if err != nil {
		return err.Error()
	}
	c.SendText(question)
	return <-answers
}

// Upgrade sees each request before it is answered: it may refuse it, or attach
// to the connection what the handler needs to know.
func ExampleOptions_upgrade() {
	srv := engine.NewServer(engine.HandlerFuncs{
		Message: func(c *engine.Conn, _ codec.Opcode, payload []byte) {
			c.SendText(fmt.Sprintf("%s, %s", payload, c.Data()))
		},
	}, engine.Options{
		Upgrade: func(r *handshake.Request) (engine.Accept, error) {
			user := r.Query().Get("user")
			if user == "" {
				return engine.Accept{}, handshake.Reject(http.StatusUnauthorized, "who are you?\n")
			}
			return engine.Accept{Data: user}, nil
		},
	})
	defer srv.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(l)

	url := "ws://" + l.Addr().String()
	fmt.Println(ask(url+"/?user=Ada", "Hello"))
	fmt.Println(ask(url+"/", "Hello"))
	// Output:
	// Hello, Ada
	// handshake: not upgraded (status 401): send credentials that meet the challenge in Header
}

// A client's connection runs on an event loop too: messages come to its
// handler.
func ExampleDial() {
	srv := engine.NewServer(engine.HandlerFuncs{
		Open: func(c *engine.Conn) { c.SendText("welcome") },
	}, engine.Options{Subprotocols: []string{"greeting"}})
	defer srv.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go srv.Serve(l)

	closed := make(chan error)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := engine.Dial(ctx, "ws://"+l.Addr().String(), engine.HandlerFuncs{
		Message: func(c *engine.Conn, _ codec.Opcode, payload []byte) {
			fmt.Printf("%s\n", payload)
			c.Close(codec.CloseNormal, "")
		},
		Close: func(_ *engine.Conn, err error) { closed <- err },
	}, engine.DialOptions{Subprotocols: []string{"greeting"}})
	if err != nil {
		log.Fatal(err)
	}
	err = <-closed
	fmt.Println(c.Subprotocol(), err)
	// Output:
	// welcome
	// greeting engine: closed with 1000 normal closure
}

// A Server behind net/http, beside pages.
func ExampleServer_ServeHTTP() {
	chat := engine.NewServer(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, p []byte) {
		c.SendText("you said " + string(p))
	}}, engine.Options{})
	defer chat.Close()
	mux := http.NewServeMux()
	mux.Handle("GET /chat", chat)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "a page that opens a WebSocket at /chat")
	})
	web := httptest.NewServer(mux)
	defer web.Close()

	fmt.Println(ask("ws"+strings.TrimPrefix(web.URL, "http")+"/chat", "hello"))
	// Output: you said hello
}

// A net/http server with TLS whose WebSockets live on event loops.
func ExampleUnderTLS() {
	chat := engine.NewServer(engine.HandlerFuncs{
		Message: func(c *engine.Conn, op codec.Opcode, payload []byte) { c.Send(op, payload) },
	}, engine.Options{})
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("public")))
	mux.Handle("/chat", chat)
	l, err := net.Listen("tcp", ":443")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ServeTLS(engine.UnderTLS(l), mux, "cert.pem", "key.pem"))
}
