package handshake

import "testing"

// Heads as the clients of the field send them.
var clients = map[string]string{
	"Chromium": "GET /socket?v=3 HTTP/1.1\r\nHost: chat.example.com\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36\r\n" +
		"Upgrade: websocket\r\nOrigin: https://chat.example.com\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
		"Accept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
	"Firefox": "GET /socket?v=3 HTTP/1.1\r\nHost: chat.example.com\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0\r\nAccept: */*\r\n" +
		"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nSec-WebSocket-Version: 13\r\n" +
		"Origin: https://chat.example.com\r\nSec-WebSocket-Extensions: permessage-deflate\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nDNT: 1\r\nConnection: keep-alive, Upgrade\r\nSec-Fetch-Dest: empty\r\n" +
		"Sec-Fetch-Mode: websocket\r\nSec-Fetch-Site: same-origin\r\nPragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\n\r\n",
	"Safari": "GET /socket?v=3 HTTP/1.1\r\nHost: chat.example.com\r\nOrigin: https://chat.example.com\r\nPragma: no-cache\r\nAccept: */*\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-Fetch-Site: same-origin\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate\r\nCache-Control: no-cache\r\nSec-Fetch-Mode: websocket\r\n" +
		"Accept-Language: en-GB,en;q=0.9\r\nUser-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 " +
		"(KHTML, like Gecko) Version/18.5 Safari/605.1.15\r\nConnection: Upgrade\r\nAccept-Encoding: gzip, deflate\r\n" +
		"Upgrade: websocket\r\nSec-Fetch-Dest: websocket\r\n\r\n",
	"curl": "GET /socket?v=3 HTTP/1.1\r\nHost: chat.example.com\r\nUser-Agent: curl/8.11.1\r\nAccept: */*\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: Upgrade\r\n\r\n",
	"ws of npm": "GET /socket?v=3 HTTP/1.1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: Upgrade\r\n" +
		"Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nHost: chat.example.com\r\n\r\n",
	"gorilla": "GET /socket?v=3 HTTP/1.1\r\nHost: chat.example.com\r\nUser-Agent: Go-http-client/1.1\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\r\n",
	"coder": "GET /socket?v=3 HTTP/1.1\r\nHost: chat.example.com\r\nUser-Agent: Go-http-client/1.1\r\nConnection: Upgrade\r\n" +
		"Sec-Websocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n" +
		"Sec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-Websocket-Version: 13\r\nUpgrade: websocket\r\n\r\n",
	"nginx as proxy": "GET /socket?v=3 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nHost: chat.example.com\r\n" +
		"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://chat.example.com\r\n\r\n",
}

func TestClients(t *testing.T) {
	for name, head := range clients {
		t.Run(name, func(t *testing.T) {
			r := parsed(t, head)
			if r.Host() != "chat.example.com" || r.Path() != "/socket" || r.RawQuery() != "v=3" || r.Key() != testKey || !SameOrigin(r) {
				t.Errorf("read as %q", head)
			}
		})
	}
}
