package handshake

// fault is what can be wrong with a head: the status of its rejection, if it
// is a request's, and a text for the peer.
type fault struct {
	status int
	text   string
}

// unfinished is the fault of a head that lacks bytes.
var unfinished = &fault{}

// Any head, RFC 9112 sections 2 and 5.
var (
	bareLF         = &fault{400, "line ends in a bare LF"}
	bareCR         = &fault{400, "CR without LF"}
	badByte        = &fault{400, "control character in the head"}
	badName        = &fault{400, "malformed header name"}
	spacedName     = &fault{400, "white space before a header's colon"}
	foldedLine     = &fault{400, "folded header line"}
	longHead       = &fault{431, "head too large"}
	tooManyHeaders = &fault{431, "too many header lines"}
)

// Start lines, RFC 9112 sections 3 and 4.
var (
	badMethod     = &fault{400, "malformed method"}
	otherMethod   = &fault{405, "method must be GET"}
	proxyHeader   = &fault{400, "PROXY protocol header, not expected from this address"}
	badTarget     = &fault{400, "malformed request target"}
	noVersion     = &fault{400, "request line without HTTP version"}
	badVersion    = &fault{400, "malformed HTTP version"}
	otherVersion  = &fault{505, "HTTP version must be 1.1"}
	longStartLine = &fault{414, "start line too long"}
	badStatusLine = &fault{400, "malformed status line"}
)

// A request's header fields, RFC 9110 and RFC 6455 section 4.2.1.
var (
	noHost            = &fault{400, "missing Host header"}
	badHost           = &fault{400, "malformed Host header"}
	repeatedHost      = &fault{400, "more than one Host header"}
	repeatedOrigin    = &fault{400, "more than one Origin header"}
	noUpgrade         = &fault{426, "this resource speaks WebSocket: Upgrade header must list websocket"}
	badUpgrade        = &fault{400, "malformed Upgrade header"}
	noConnection      = &fault{400, "Connection header must list upgrade"}
	badConnection     = &fault{400, "malformed Connection header"}
	noKey             = &fault{400, "missing Sec-WebSocket-Key header"}
	badKey            = &fault{400, "Sec-WebSocket-Key must be the base64 of 16 bytes"}
	repeatedKey       = &fault{400, "more than one Sec-WebSocket-Key header"}
	noWSVersion       = &fault{400, "missing Sec-WebSocket-Version header"}
	otherWSVersion    = &fault{426, "Sec-WebSocket-Version must be 13"}
	repeatedWSVersion = &fault{400, "more than one Sec-WebSocket-Version header"}
	badSubprotocol    = &fault{400, "malformed Sec-WebSocket-Protocol header"}
	repeatedOffer     = &fault{400, "subprotocol offered twice"}
	tooManyOffers     = &fault{400, "too many subprotocols offered"}
	badExtension      = &fault{400, "malformed Sec-WebSocket-Extensions header"}
	hasCoding         = &fault{400, "Transfer-Encoding not allowed"}
	hasBody           = &fault{400, "request body not allowed"}
	hasTrailer        = &fault{400, "Trailer not allowed"}
	hasExpectation    = &fault{417, "Expect not supported"}
)

// ordinary tells that f says nothing against a request but that it is no
// handshake.
func (f *fault) ordinary() bool {
	switch f {
	case otherMethod, otherVersion, noUpgrade, hasCoding, hasBody, hasTrailer, hasExpectation:
		return true
	}
	return false
}

// rejection gives a fresh one each time: it is the caller's to change.
func (f *fault) rejection() *Rejection {
	r := Reject(f.status, f.text)
	switch f.status {
	case 405:
		r.Header = map[string][]string{"Allow": {"GET"}}
	case 426: // RFC 9110 section 15.5.22, RFC 6455 section 4.4
		r.Header = map[string][]string{"Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}}
	}
	return r
}
