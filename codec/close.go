package codec

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// CloseCode says why a connection ends (RFC 6455 section 7.4 and the IANA
// registry).
type CloseCode uint16

// The registered close codes. Those that are not [CloseCode.Sendable] only
// describe locally how a connection ended.
const (
	CloseNormal             CloseCode = 1000 + iota // the purpose is fulfilled
	CloseGoingAway                                  // server shutdown, or the page was left
	CloseProtocolError                              // the peer broke the protocol
	CloseUnsupportedData                            // a kind of message that is not accepted
	CloseReserved                                   // never used
	CloseNoStatus                                   // local: the Close frame had no code
	CloseAbnormal                                   // local: the connection ended without a Close frame
	CloseInvalidPayload                             // a text that is not UTF-8
	ClosePolicyViolation                            // any other refusal
	CloseMessageTooBig                              // a message over the limit
	CloseMandatoryExtension                         // from a client that misses an extension
	CloseInternalError                              // the server failed
	CloseServiceRestart                             // come back in a while
	CloseTryAgainLater                              // overload
	CloseBadGateway                                 // a server behind this one failed
	CloseTLSHandshake                               // local: the TLS handshake failed
)

var closeNames = [...]string{
	"normal closure",
	"going away",
	"protocol error",
	"unsupported data",
	"reserved",
	"no status received",
	"abnormal closure",
	"invalid payload",
	"policy violation",
	"message too big",
	"mandatory extension",
	"internal error",
	"service restart",
	"try again later",
	"bad gateway",
	"TLS handshake failed",
}

// String gives the number, and the name of a registered code: "1001 going
// away", "3000".
func (c CloseCode) String() string {
	s := strconv.Itoa(int(c))
	if i := int(c) - int(CloseNormal); i >= 0 && i < len(closeNames) {
		s += " " + closeNames[i]
	}
	return s
}

// Sendable reports whether c may stand in a Close frame: 1000 to 1003, 1007 to
// 1014 and 3000 to 4999 (RFC 6455 section 7.4).
func (c CloseCode) Sendable() bool {
	switch {
	case c >= CloseNormal && c <= CloseUnsupportedData,
		c >= CloseInvalidPayload && c <= CloseBadGateway,
		c >= 3000 && c <= 4999:
		return true
	}
	return false
}

const maxReason = MaxControlPayload - 2

// AppendClosePayload appends a Close frame's payload to b: the code and the
// reason, which is cut at 123 bytes on a code point's edge (RFC 6455 section
// 5.5.1). It appends nothing for [CloseNoStatus]. Whether the code is
// [CloseCode.Sendable] and the reason valid UTF-8 is up to the caller.
func AppendClosePayload(b []byte, code CloseCode, reason string) []byte {
	if code == CloseNoStatus {
		return b
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(code)), cutReason(reason)...)
}

func cutReason(s string) string {
	if len(s) <= maxReason {
		return s
	}
	n := maxReason
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// ParseClosePayload reads a Close frame's payload. An empty one gives
// [CloseNoStatus]. The reason is a part of p. It fails with [ErrCloseLength],
// [ErrCloseCode] or [ErrCloseReason].
func ParseClosePayload(p []byte) (code CloseCode, reason []byte, err error) {
	if v := checkClose(p, true); v != nil {
		return 0, nil, v
	}
	if len(p) == 0 {
		return CloseNoStatus, nil, nil
	}
	return closeCode(p), p[2:], nil
}

func closeCode(p []byte) CloseCode { return CloseCode(binary.BigEndian.Uint16(p)) }
