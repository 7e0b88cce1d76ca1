package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

const patience = 10 * time.Second

// serve starts the server on a free port until the test's end.
func serve(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer()
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-served
	})
	return l.Addr().String()
}

func TestPages(t *testing.T) {
	addr := serve(t)
	client := &http.Client{Timeout: patience}
	defer client.CloseIdleConnections()
	for path, want := range map[string]string{"/": "new WebSocket", "/healthz": "ok", "/nowhere": "404", "/chat/lobby": "404"} {
		answer, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if !strings.Contains(string(body), want) {
			t.Errorf("%s: %q, want %q in it", path, body, want)
		}
	}
}

// enterRoom opens a connection whose messages come to the channel.
func enterRoom(t *testing.T, addr, target string) (*engine.Conn, chan string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	messages := make(chan string, 10)
	c, err := engine.Dial(ctx, "ws://"+addr+target, engine.HandlerFuncs{
		Message: func(_ *engine.Conn, _ codec.Opcode, p []byte) { messages <- string(p) },
	}, engine.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Abort)
	return c, messages
}

// await waits for a message, and skips those before.
func await(t *testing.T, messages chan string, want string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case got := <-messages:
			if got == want {
				return
			}
		case <-late:
			t.Fatalf("waited in vain for %q", want)
		}
	}
}

// A message reaches the room it was sent in, and no other.
func TestRooms(t *testing.T) {
	addr := serve(t)
	ada, toAda := enterRoom(t, addr, "/chat/a%20room?name=Ada")
	bob, toBob := enterRoom(t, addr, "/chat/a%20room?name=Bob")
	eve, toEve := enterRoom(t, addr, "/chat/other?name=Eve")
	eve.SendText("anyone?")
	await(t, toEve, "Eve: anyone?")
	bob.SendText("here") // so he is in the room
	await(t, toBob, "Bob: here")
	ada.SendText("hello")
	await(t, toAda, "Ada: hello")
	await(t, toBob, "Ada: hello")
	if len(toEve) > 0 {
		t.Errorf("%q reached another room", <-toEve)
	}
}

func TestRefusals(t *testing.T) {
	addr := serve(t)
	for target, want := range map[string]string{"/chat/lobby": "400", "/chat": "404"} {
		_, err := engine.Dial(t.Context(), "ws://"+addr+target, engine.HandlerFuncs{}, engine.DialOptions{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", target, err, want)
		}
	}
}
