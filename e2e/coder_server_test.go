package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/coder/websocket"
)

// coderServer behaves as the path says; see the rows in dial_test.go.
func coderServer() http.Handler {
	seen := make(chan string, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refuse" {
			http.Error(w, "not today", http.StatusForbidden)
			return
		}
		pong := make(chan string, 1)
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols:   []string{"chat"},
			OnPongReceived: func(_ context.Context, data []byte) { pong <- string(data) },
		})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(-1)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if r.URL.Path == "/seen" {
			_ = c.Write(ctx, websocket.MessageText, []byte(await(seen)))
			return
		}
		if coderBehave(ctx, c, r, pong) {
			note(seen, coderServe(ctx, c, r.URL.Path == "/echo"))
		}
	})
}

// coderBehave does what a path asks for first, and reports whether the client
// is to be served then.
func coderBehave(ctx context.Context, c *websocket.Conn, r *http.Request, pong chan string) bool {
	switch r.URL.Path {
	case "/close":
		code, _ := strconv.Atoi(r.FormValue("code"))
		_ = c.Close(websocket.StatusCode(code), r.FormValue("reason"))
		return false
	case "/drop":
		return false
	case "/fragments":
		w, _ := c.Writer(ctx, websocket.MessageText)
		_ = writeFrames(w, []byte(fragmented), 31)
		_ = w.Close()
	case "/ping":
		go func() {
			_ = c.Ping(ctx)
			_ = c.Write(ctx, websocket.MessageText, []byte("pong: "+await(pong)))
		}()
	case "/invalid-utf8":
		_ = c.Write(ctx, websocket.MessageText, []byte("a\xff"))
	case "/big":
		_ = c.Write(ctx, websocket.MessageBinary, make([]byte, 1001))
	}
	return true
}

// coderServe reads until the client closes, and says how it did.
func coderServe(ctx context.Context, c *websocket.Conn, echo bool) string {
	for {
		kind, data, err := c.Read(ctx)
		if e := (websocket.CloseError{}); errors.As(err, &e) {
			return fmt.Sprintf("%d %s", e.Code, e.Reason)
		}
		if err != nil {
			return err.Error()
		}
		if echo {
			_ = c.Write(ctx, kind, data)
		}
	}
}
