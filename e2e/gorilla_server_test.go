package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// gorillaServer behaves as the path says; see the rows in dial_test.go.
func gorillaServer() http.Handler {
	seen := make(chan string, 1)
	upgrader := websocket.Upgrader{
		Subprotocols:    []string{"chat"},
		WriteBufferSize: 1, // so that each Write of a message is a frame
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/refuse" {
			http.Error(w, "not today", http.StatusForbidden)
			return
		}
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if r.URL.Path == "/seen" {
			_ = c.WriteMessage(websocket.TextMessage, []byte(await(seen)))
			return
		}
		if gorillaBehave(c, r) {
			note(seen, gorillaServe(c, r.URL.Path == "/echo"))
		}
	})
}

// gorillaBehave does what a path asks for first, and reports whether the
// client is to be served then.
func gorillaBehave(c *websocket.Conn, r *http.Request) bool {
	switch r.URL.Path {
	case "/close":
		code, _ := strconv.Atoi(r.FormValue("code"))
		frame := websocket.FormatCloseMessage(code, r.FormValue("reason"))
		_ = c.WriteControl(websocket.CloseMessage, frame, time.Now().Add(patience))
	case "/drop":
		return false
	case "/fragments":
		w, _ := c.NextWriter(websocket.TextMessage)
		_ = writeFrames(w, []byte(fragmented), 31)
		_ = w.Close()
	case "/ping":
		c.SetPongHandler(func(data string) error {
			return c.WriteMessage(websocket.TextMessage, []byte("pong: "+data))
		})
		_ = c.WriteControl(websocket.PingMessage, []byte("are you there?"), time.Now().Add(patience))
	case "/invalid-utf8":
		_ = c.WriteMessage(websocket.TextMessage, []byte("a\xff"))
	case "/big":
		_ = c.WriteMessage(websocket.BinaryMessage, make([]byte, 1001))
	}
	return true
}

// gorillaServe reads until the client closes, and says how it did.
func gorillaServe(c *websocket.Conn, echo bool) string {
	for {
		kind, data, err := c.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok {
			return fmt.Sprintf("%d %s", e.Code, e.Text)
		}
		if err != nil {
			return err.Error()
		}
		if echo {
			_ = c.WriteMessage(kind, data)
		}
	}
}
