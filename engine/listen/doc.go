// Package listen opens listening sockets, inherits them, and hands them on, so
// that a server can be replaced without refusing a connection. It is for any
// server that takes a [net.Listener], and knows nothing of WebSocket.
//
//	sockets, err := listen.Inherited()            // from systemd or the process before, if there are any
//	l, err := sockets.Listen("ws", "tcp", ":8080") // one of them, or a new one
//	go srv.Serve(l)
//	err = sockets.Ready()                         // tells whoever started this process
//
//	err = sockets.HandOver(ctx, nil)              // on SIGHUP: the next process serves
//	srv.Shutdown(ctx)                             // this one ends when its clients have gone
//
// It works on Linux, macOS and FreeBSD; elsewhere what cannot work returns
// [errors.ErrUnsupported].
package listen
