// Package handshake is the opening handshake of WebSocket (RFC 6455 section 4)
// over HTTP/1.1 (RFC 9112): bytes in, decisions out, bytes to send back.
//
// It does no I/O, reads no clock and starts no goroutine, so that it serves any
// transport. A server gives what it has received to [Request.Parse] until the
// head is complete, asks [SameOrigin] or [AllowOrigins], [SelectSubprotocol]
// and [Request.Deflate] if it likes, and sends what [AppendResponse] or
// [AppendRejection] wrote. A client sends what [AppendRequest] wrote, gives the
// answer to [Response.Parse] and asks [Response.Check] what it means.
//
// Parsing is strict: where HTTP leaves a choice, a head that two
// implementations might read differently is refused. Nothing that a peer sent
// is ever copied into a response.
//
// Values of this package's types may be used by one goroutine at a time. The
// functions may be called from any goroutine.
package handshake
