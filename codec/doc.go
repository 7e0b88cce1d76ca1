// Package codec turns bytes into WebSocket messages and back (RFC 6455
// section 5). It is pure: no I/O, no clock, no goroutine. It works on any
// transport, for servers and clients.
//
// # Decoding
//
// A [Decoder] takes the peer's bytes as they come, cut anywhere, and gives
// whole messages and control frames, or the *[Error] that says which rule the
// peer broke and which code to close with:
//
//	for len(b) > 0 {
//		op, payload, n, err := d.Next(b)
//		if err != nil {
//			return err
//		}
//		b = b[n:]
//		switch op {
//		case codec.Text, codec.Binary:
//			// a message
//		case codec.Ping:
//			out = codec.AppendPong(out, payload)
//		case codec.Close:
//			// answer it, then close
//		}
//	}
//
// A frame that lies whole in b is unmasked there and costs neither a copy nor
// an allocation; its payload lives as long as b. Only an incomplete frame or
// message takes a buffer from the pool, in proportion to the bytes received,
// until it is delivered. Between messages a connection needs no decoder at
// all: see [Decoder.Idle]. A large message can be read right into the
// decoder's buffer: see [Decoder.Room].
//
// All limits are on by default: see [Config].
//
// # Encoding
//
// The Append functions append one frame to a slice and return it, as append
// does. Servers use the plain ones, clients those with Masked in their names.
// [Prepare] encodes a message once for many receivers.
//
// # Compression
//
// Of extensions only permessage-deflate is known (RFC 7692). With
// [Config.Deflate] a Decoder inflates compressed messages as they come, without
// keeping them compressed, and up to the same limit. A [Deflater] compresses, and
// [Prepared.Deflated] does so once for many. A [History] for each direction is
// what context takeover takes.
package codec
