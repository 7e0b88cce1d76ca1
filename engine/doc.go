// Package engine is a WebSocket server, and client, on event loops: a
// connection costs no goroutine, an idle one about a hundred bytes, and
// handlers receive whole messages.
//
//	srv := engine.NewServer(handler, engine.Options{})
//	err := srv.ListenAndServe(":8080")
//
// A [Handler] is told of each connection's messages on the goroutine of its
// event loop, and must not block there, unless [Options].Workers moves it to
// goroutines of its own. Every method of a [Conn] may be called from any
// goroutine, and none of them blocks.
//
// The protocol is RFC 6455: see the packages codec and handshake, which can be
// used alone.
package engine
