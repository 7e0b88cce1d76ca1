package malformed

import (
	"encoding/base64"
	"strings"
)

// requestKinds are the ways in which a request can be no valid opening
// handshake. Each spoils a valid one.
var requestKinds = []struct {
	name  string
	spoil func(h *head)
}{
	// The request line.
	{"other method", func(h *head) {
		h.method = pick(h.source, "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "PRI", "get", "Get", "G", "GE", "GETT", "GETGET", h.word())
	}},
	{"malformed method", func(h *head) {
		h.method = pick(h.source, "", "\x16\x03\x01", "\r\nGET", "\nGET", " GET", "GE\x00T", "(GET)", "G\xc3T", "GET\t", "\"GET\"", "G/T")
	}},
	{"malformed target", func(h *head) {
		h.target = pick(h.source, "", "*", "chat", "?a", "server.example:80", "ws://server.example/", "http://", "http:///x", "http://a@b/",
			"http://a<b/", "http://a:0/", "http://[::1/", "/%", "/%zz", "/a%2", "/%2?0", "http://a/%", "//"+h.word()+"#", h.word())
	}},
	{"bad byte in the target", func(h *head) {
		h.target = "/" + h.within(h.word(), pick(h.source, "\x00", "\x01", "\t", "\x7f", "\x80", "ü", "#", " ", "\r", "\n", "\x1b"))
	}},
	{"other HTTP version", func(h *head) {
		h.version = pick(h.source, "HTTP/1.0", "HTTP/2.0", "HTTP/1.2", "HTTP/1.9", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9", "HTTP/2.1")
	}},
	{"malformed HTTP version", func(h *head) {
		h.version = pick(h.source, "", "http/1.1", "HTTP", "HTTP/", "HTTP/1", "HTTP/1.", "HTTP/1.1.", "HTTP/1.10", "HTTP/11", "HTTP/x.1", "HTTP/1.x",
			"HTTP 1.1", "HTTPS/1.1", "RTSP/1.0", "HTTP/1.1 ", " HTTP/1.1", "HTTP/01.1", "HTTP/1,1", "HTTP/1.1\t", h.word())
	}},

	// Lines.
	{"request line alone", func(h *head) { h.fields = nil }},
	{"bare LF", func(h *head) { h.newline(h.anyLine(), "\n") }},
	{"bare CR", func(h *head) { h.newline(h.anyLine(), "\r") }},
	{"CR twice", func(h *head) { h.newline(h.anyLine(), "\r\r\n") }},
	{"LF before CR", func(h *head) { h.newline(h.anyLine(), "\n\r") }},
	{"bare LF in a value", func(h *head) { f := h.anyField(); f.value = h.within(f.value, "\n") }},
	{"bare CR in a value", func(h *head) { f := h.anyField(); f.value = h.within(f.value, "\r") }},
	{"folded line", func(h *head) {
		h.newline(h.upTo(len(h.fields)), "\r\n"+pick(h.source, " ", "\t", " \t")+pick(h.source, "", "folded", "a: b")+"\r\n")
	}},
	{"control character in a value", func(h *head) {
		c := byte(h.IntN(33))
		for c == '\t' || c == '\n' || c == '\r' {
			c = byte(h.IntN(33))
		}
		if c == ' ' {
			c = 0x7f
		}
		f := h.anyField()
		f.value = h.within(f.value, string([]byte{c}))
	}},
	{"bad byte in a name", func(h *head) {
		const bad = "\x00\x01\x1f\x7f\x80\xc3\xff\"(),/;<=>?@[\\]{}"
		i := h.IntN(len(bad))
		f := h.anyField()
		f.name = h.within(f.name, bad[i:i+1])
	}},
	{"space in or behind a name", func(h *head) {
		f := h.anyField()
		f.name = h.within(f.name, pick(h.source, " ", "\t"))
	}},
	{"no name", func(h *head) { h.add("", h.word()) }},
	{"no colon", func(h *head) { h.newline(h.upTo(len(h.fields)), "\r\n"+h.word()+"\r\n") }},

	// Limits.
	{"too long a target", func(h *head) { h.target = "/" + strings.Repeat("x", MaxHead+h.upTo(100)) }},
	{"too long a value", func(h *head) { h.add("X-Long", strings.Repeat("x", MaxHead+h.upTo(100))) }},
	{"too long a name", func(h *head) { h.add(strings.Repeat("X", MaxHead+h.upTo(100)), "") }},
	{"too many headers", func(h *head) {
		for range MaxHeaders + 1 + h.upTo(20) - len(h.fields) {
			h.add("X", h.word())
		}
	}},
	{"too large a head", func(h *head) {
		for len(h.fields) < MaxHeaders {
			h.add("X-"+h.word(), strings.Repeat("y", 90))
		}
	}},

	// Fields, RFC 6455 section 4.2.1.
	{"no Host", func(h *head) { h.remove("Host") }},
	{"two Hosts", func(h *head) { h.add("Host", h.host()) }},
	{"malformed Host", func(h *head) {
		h.set("Host", pick(h.source, "", "a/b", "a b", "a, b", "u@a", "a:b", "a:", "a:0", "a:65536", "a:080", "[::1", "::1", "[]", "[:]", "[::g]", "http://a", "a?b", "a#b"))
	}},
	{"no Upgrade", func(h *head) { h.remove("Upgrade") }},
	{"Upgrade to something else", func(h *head) {
		h.set("Upgrade", pick(h.source, "", "h2c", "websockets", "websocket/13", "web-socket", ",", "tls/1.0, h2c", h.word()))
	}},
	{"malformed Upgrade", func(h *head) {
		h.set("Upgrade", pick(h.source, "websocket h2c", "h2c/, websocket", "/1", "websocket;q=1", "\"websocket\"", "websoc\u212aet", "a/b/c, websocket"))
	}},
	{"no Connection", func(h *head) { h.remove("Connection") }},
	{"Connection without upgrade", func(h *head) {
		h.set("Connection", pick(h.source, "", "keep-alive", "close", "upgrades", "up-grade", ",", h.word()))
	}},
	{"malformed Connection", func(h *head) {
		h.set("Connection", pick(h.source, "Upgrade;q=1", "Upgrade keep-alive", "a/b, Upgrade", "\"Upgrade\"", "Upgrade, @", "(Upgrade)"))
	}},
	{"no version", func(h *head) { h.remove("Sec-WebSocket-Version") }},
	{"other version", func(h *head) {
		h.set("Sec-WebSocket-Version", pick(h.source, "", "8", "7", "0", "14", "013", "1 3", "13, 8", "8, 13", "13;", "13.0", "+13", "-13", "0x0d", h.word()))
	}},
	{"two versions", func(h *head) { h.add("Sec-WebSocket-Version", "13") }},
	{"no key", func(h *head) { h.remove("Sec-WebSocket-Key") }},
	{"two keys", func(h *head) { h.add("Sec-WebSocket-Key", h.key()) }},
	{"key of another length", func(h *head) {
		n := pick(h.source, 0, 1, 14, 15, 17, 18, 32)
		h.set("Sec-WebSocket-Key", base64.StdEncoding.EncodeToString(h.bytesOf(n)))
	}},
	{"malformed key", func(h *head) {
		key := h.key()
		h.set("Sec-WebSocket-Key", pick(h.source,
			key[:21]+pick(h.source, "B", "C", "R", "h", "x", "/")+"==", // bits left over
			key[:22], key[:23], key+"=", key[:22]+"=A", key[:10]+" "+key[11:], key[:10]+"-"+key[11:], key[:10]+"_"+key[11:],
			key[:10]+"="+key[11:], "\""+key+"\"", key+", "+key, key[:10]+"\xff"+key[11:]))
	}},
	{"malformed subprotocols", func(h *head) {
		h.replace("Sec-WebSocket-Protocol", pick(h.source, "", ",", "chat chat2", "\"chat\"", "chat;q=1", "chat/1", "chat, a=b", "ch@t", "chat, \xc3\xbc", "(chat)"))
	}},
	{"subprotocol offered twice", func(h *head) {
		h.replace("Sec-WebSocket-Protocol", pick(h.source, "chat, chat", "a,chat,a", "chat, b, c,b"))
		if h.oneIn(2) {
			h.replace("Sec-WebSocket-Protocol", "chat")
			h.add("Sec-WebSocket-Protocol", pick(h.source, "chat", "x, chat"))
		}
	}},
	{"too many subprotocols", func(h *head) { h.replace("Sec-WebSocket-Protocol", h.numbers(32+h.upTo(10))+", chat") }},
	{"no common subprotocol", func(h *head) {
		h.replace("Sec-WebSocket-Protocol", pick(h.source, "Chat", "chats", "mqtt, graphql-ws", "x"+h.word()))
	}},
	{"malformed extensions", func(h *head) {
		h.replace("Sec-WebSocket-Extensions", pick(h.source, "", ",", "x;", "x;;y", "x=1", "x y", ";x", "x; =1", "x; y=", "x; y=\"", "x; y=\"\"", "x; y=\"a b\"",
			"x; y=\"a\"b", "x; y=\"\\\"", "x/1", "x, y z", "x; a=b=c", "\"x\"", "x; y=\"a,b\"", "x;\xff"))
	}},

	// Bodies: what follows would be taken for frames by one, for a body by
	// another (RFC 9112 section 11.2).
	{"Transfer-Encoding", func(h *head) {
		h.add("Transfer-Encoding", pick(h.source, "chunked", "identity", "gzip, chunked", "", "CHUNKED", "xchunked", " chunked"))
	}},
	{"Content-Length", func(h *head) {
		h.add("Content-Length", pick(h.source, "5", "1", "18", "", "+0", "-0", "00", "0, 0", "0 0", "0x0", "9223372036854775808", h.word()))
	}},
	{"both lengths", func(h *head) {
		h.add("Content-Length", "0")
		h.add("Transfer-Encoding", "chunked")
	}},
	{"Trailer", func(h *head) { h.add("Trailer", h.word()) }},
	{"Expect", func(h *head) { h.add("Expect", pick(h.source, "100-continue", "", h.word())) }},

	// Origins.
	{"two Origins", func(h *head) {
		h.replace("Origin", "https://"+h.word())
		h.add("Origin", "https://"+h.word())
	}},
	{"other origin", func(h *head) {
		h.replace("Origin", pick(h.source, "https://evil.example", "http://evil.example:8080", "https://server.example.evil.example", "https://xserver.example:8080", "https://server.example:4444"))
	}},
	{"malformed origin", func(h *head) {
		h.replace("Origin", pick(h.source, "null", "", "server.example", "//server.example", "https:/server.example", "https://", "https://server.example/",
			"https://u@server.example", "https://server.example:", "https://server.example:0", "file://", "ftp://server.example", "https://server.example, https://server.example", "://server.example"))
	}},
}

func (h *head) bytesOf(n int) []byte { return h.source.bytes(n) }
