package handshake

import "strconv"

// Deflate holds the parameters of permessage-deflate, RFC 7692 section 7.1: in
// an offer what the client asks for, in an answer what both sides then use.
// The zero value is the extension without any parameter.
//
// A parameter about the window is a number of bits from 8 to 15, for 256 B to
// 32 KiB; 0 means that it is absent, and the window is as for 15.
type Deflate struct {
	// ServerNoContextTakeover has the server compress each message without
	// regard to those before, section 7.1.1.1: the client need not keep them.
	ServerNoContextTakeover bool

	// ClientNoContextTakeover is the same for the client, section 7.1.1.2. In
	// an offer it is a promise, whatever the answer says.
	ClientNoContextTakeover bool

	// ServerMaxWindowBits is how far back the server may refer, section
	// 7.1.2.1. What a client asks for, the answer must confirm or lower.
	ServerMaxWindowBits int

	// ClientMaxWindowBits is how far back the client may refer, section
	// 7.1.2.2. In an offer it promises as much, and allows the server to ask
	// for less: 15 promises nothing, and is sent without a value.
	ClientMaxWindowBits int
}

const (
	minWindowBits = 8
	maxWindowBits = 15
)

// ServerWindowBits gives how far back the server may refer, in bits.
func (d Deflate) ServerWindowBits() int { return windowBits(d.ServerMaxWindowBits) }

// ClientWindowBits gives how far back the client may refer, in bits.
func (d Deflate) ClientWindowBits() int { return windowBits(d.ClientMaxWindowBits) }

func windowBits(param int) int {
	if param == 0 {
		return maxWindowBits
	}
	return param
}

func (d Deflate) invalid() bool {
	return invalidBits(d.ServerMaxWindowBits) || invalidBits(d.ClientMaxWindowBits)
}

func invalidBits(param int) bool {
	return param != 0 && (param < minWindowBits || param > maxWindowBits)
}

// Names in a Sec-WebSocket-Extensions header, RFC 7692 section 7.
const (
	deflateName             = "permessage-deflate"
	serverNoContextTakeover = "server_no_context_takeover"
	clientNoContextTakeover = "client_no_context_takeover"
	serverMaxWindowBits     = "server_max_window_bits"
	clientMaxWindowBits     = "client_max_window_bits"
)

func (d Deflate) appendOffer(b []byte) []byte {
	if b = d.appendShared(b); d.ClientMaxWindowBits == maxWindowBits {
		return appendParam(b, clientMaxWindowBits)
	}
	return appendBits(b, clientMaxWindowBits, d.ClientMaxWindowBits)
}

func (d Deflate) appendAnswer(b []byte) []byte {
	return appendBits(d.appendShared(b), clientMaxWindowBits, d.ClientMaxWindowBits)
}

// appendShared appends what is written alike in an offer and in an answer.
func (d Deflate) appendShared(b []byte) []byte {
	b = append(b, deflateName...)
	if d.ServerNoContextTakeover {
		b = appendParam(b, serverNoContextTakeover)
	}
	if d.ClientNoContextTakeover {
		b = appendParam(b, clientNoContextTakeover)
	}
	return appendBits(b, serverMaxWindowBits, d.ServerMaxWindowBits)
}

func appendParam(b []byte, name string) []byte {
	return append(append(b, "; "...), name...)
}

func appendBits(b []byte, name string, bits int) []byte {
	if bits == 0 {
		return b
	}
	b = append(appendParam(b, name), '=')
	return strconv.AppendInt(b, int64(bits), 10)
}
