package handshake_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sockeye-ws/sockeye/handshake"
)

func Example_server() {
	received := []byte("GET /chat?room=7 HTTP/1.1\r\nHost: example.com\r\nOrigin: https://example.com\r\n" +
		"Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v1.chat, v2.chat\r\n\r\n")

	answer := func(b []byte) []byte {
		var r handshake.Request
		n, err := r.Parse(b, handshake.Limits{})
		var rejection *handshake.Rejection
		switch {
		case errors.As(err, &rejection):
			return handshake.AppendRejection(nil, rejection)
		case n == 0:
			return nil // receive more, then parse again
		case !handshake.SameOrigin(&r):
			return handshake.AppendRejection(nil, handshake.Reject(http.StatusForbidden, "origin not allowed"))
		}
		subprotocol, _ := handshake.SelectSubprotocol(&r, []string{"v2.chat", "v1.chat"})
		response, err := handshake.AppendResponse(nil, &r, handshake.Accept{Subprotocol: subprotocol})
		if err != nil {
			return handshake.AppendRejection(nil, handshake.Reject(http.StatusInternalServerError, ""))
		}
		return response // frames follow, from b[n:] on
	}
	fmt.Printf("%q\n", answer(received[:100]))
	fmt.Println(strings.ReplaceAll(string(answer(received)), "\r\n", "\n"))
	// Output:
	// ""
	// HTTP/1.1 101 Switching Protocols
	// Upgrade: websocket
	// Connection: Upgrade
	// Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	// Sec-WebSocket-Protocol: v2.chat
}

func Example_client() {
	u, err := handshake.ParseURL("wss://example.com/chat?room=7")
	if err != nil {
		fmt.Println(err)
		return
	}
	req := handshake.ClientRequest{
		Host:         u.Host,
		Target:       u.Target,
		Key:          "dGhlIHNhbXBsZSBub25jZQ==", // in real use handshake.NewKey()
		Subprotocols: []string{"v2.chat"},
	}
	sent, err := handshake.AppendRequest(nil, &req)
	fmt.Printf("to %s, secure %v: %.28q, %v\n", u.Addr, u.Secure, sent, err)

	received := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: v2.chat\r\n\r\n")
	var resp handshake.Response
	n, err := resp.Parse(received, handshake.Limits{})
	if err == nil && n > 0 {
		err = resp.Check(&req)
	}
	fmt.Println(resp.Status(), resp.Subprotocol(), err)
	// Output:
	// to example.com:443, secure true: "GET /chat?room=7 HTTP/1.1\r\nH", <nil>
	// 101 v2.chat <nil>
}

func ExampleAllowOrigins() {
	listed := handshake.AllowOrigins("https://example.com", "*.example.org")
	allow := func(r *handshake.Request) bool { return handshake.SameOrigin(r) || listed(r) }

	for _, origin := range []string{"https://example.com", "http://example.com", "https://a.example.org", "https://host"} {
		req := handshake.ClientRequest{Host: "host", Target: "/", Key: handshake.NewKey(), Origin: origin}
		head, _ := handshake.AppendRequest(nil, &req)
		var r handshake.Request
		_, err := r.Parse(head, handshake.Limits{})
		fmt.Println(origin, err == nil && allow(&r))
	}
	// Output:
	// https://example.com true
	// http://example.com false
	// https://a.example.org true
	// https://host true
}

// A server that agrees to compress, each message on its own.
func ExampleRequest_Deflate() {
	var r handshake.Request
	r.Parse([]byte("GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; client_max_window_bits\r\n\r\n"), handshake.Limits{})

	var accept handshake.Accept
	if answer, ok := r.Deflate(handshake.DeflatePolicy{}); ok {
		accept.Deflate = &answer
	}
	b, err := handshake.AppendResponse(nil, &r, accept)
	fmt.Println(strings.ReplaceAll(string(b), "\r\n", "\n"), err)
	// Output:
	// HTTP/1.1 101 Switching Protocols
	// Upgrade: websocket
	// Connection: Upgrade
	// Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	// Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10
	//
	//  <nil>
}
