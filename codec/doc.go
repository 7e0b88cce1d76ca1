// Package codec turns bytes into WebSocket messages and back (RFC 6455
// section 5). It does no I/O and starts no goroutine, so that it works on any
// transport.
package codec
