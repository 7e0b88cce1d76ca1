package codec

import (
	"errors"
	"strings"
)

// Error is a violation by the peer. Each rule has one variable below, to be
// compared with == or errors.Is. They must not be changed.
type Error struct {
	Code    CloseCode // what to close the connection with
	Reason  string    // what the peer did, fit for a Close frame
	Section string    // of RFC 6455, or after its name of another: the rule
}

// Error gives Reason and Section.
func (e *Error) Error() string {
	rfc := "RFC 6455 section "
	if strings.HasPrefix(e.Section, "RFC") {
		rfc = ""
	}
	return "codec: " + e.Reason + " (" + rfc + e.Section + ")"
}

// The rules that a peer can break.
var (
	ErrMaskRequired   = &Error{CloseProtocolError, "frame from a client is not masked", "5.1"}
	ErrMaskUnexpected = &Error{CloseProtocolError, "frame from a server is masked", "5.1"}

	ErrReservedBits     = &Error{CloseProtocolError, "reserved bits are set", "5.2"}
	ErrReservedOpcode   = &Error{CloseProtocolError, "reserved opcode", "5.2"}
	ErrLengthNotMinimal = &Error{CloseProtocolError, "length is not in its shortest form", "5.2"}
	ErrLengthTopBit     = &Error{CloseProtocolError, "top bit of the length is set", "5.2"}

	ErrUnexpectedContinuation = &Error{CloseProtocolError, "continuation without a message to continue", "5.4"}
	ErrExpectedContinuation   = &Error{CloseProtocolError, "new message inside a fragmented one", "5.4"}

	ErrControlTooLong    = &Error{CloseProtocolError, "control frame longer than 125 bytes", "5.5"}
	ErrControlFragmented = &Error{CloseProtocolError, "fragmented control frame", "5.5"}

	ErrCloseLength = &Error{CloseProtocolError, "close payload of one byte", "5.5.1"}
	ErrCloseCode   = &Error{CloseProtocolError, "close code that must not be sent", "7.4"}
	ErrCloseReason = &Error{CloseInvalidPayload, "close reason is not UTF-8", "5.5.1"}

	ErrInvalidUTF8 = &Error{CloseInvalidPayload, "text is not UTF-8", "8.1"}

	ErrDeflate = &Error{CloseInvalidPayload, "compressed message cannot be inflated", "RFC 7692 section 7.2.2"}

	ErrMessageTooBig    = &Error{CloseMessageTooBig, "message over the limit", "10.4"}
	ErrTooManyFragments = &Error{ClosePolicyViolation, "too many fragments in a message", "10.4"}
)

// ErrFilled is returned by [Decoder.Filled] for a count of bytes that do not
// fit what [Decoder.Room] gave: a mistake of the caller, not of the peer.
var ErrFilled = errors.New("codec: Filled exceeds Room")
