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
// Every limit of [Options] is on by default. [Options].Mux routes handshakes,
// [Options].HTTP serves pages on the same port, [Server.ServeTLS] speaks wss,
// and [Server.ServeHTTP] stands behind a net/http server. [Dial] opens clients'
// connections.
//
// In profiles the engine's goroutines have labels: sockeye.role is loop,
// client-loop (of clients without a Server), worker, handshaker (TLS), http,
// deflater or shutdown, and sockeye.loop is the number of the loop, from 0.
// Goroutines that a handler starts inherit them.
//
// The protocol is RFC 6455, with the compression of RFC 7692: see the packages
// codec and handshake, which can be used alone. Package engine/listen has
// listeners for Unix sockets, systemd, and restarts that refuse nobody.
package engine
