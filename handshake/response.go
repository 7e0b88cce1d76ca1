package handshake

// Response is a server's answer to a [ClientRequest]. The zero value is ready
// for [Response.Parse].
//
// Its other methods are for a response that Parse has found complete; before,
// they give zero values. They read the bytes last given to Parse, which must
// not change as long as they are called. Strings they return are copies.
type Response struct {
	head
	status int32
	minor  byte // of the HTTP version, as a digit
}

// Reset makes r ready for another response.
func (r *Response) Reset() { *r = Response{} }

// Parse reads the head of a response of any status from b, as [Request.Parse]
// does that of a request; the error is a [*ResponseError]. It looks into no
// body: after a 101, b[n:] are frames; after anything else, the body that
// [Response.Header] describes.
//
// Interim responses that may come before the final one, such as 103 Early
// Hints (RFC 9110 section 15.2), count for n and the limits, and are skipped.
func (r *Response) Parse(b []byte, lim Limits) (n int, err error) {
	n, f := r.settle(b, lim, r.advance(b[:min(len(b), lim.head())], lim.headers()))
	if f != nil {
		return 0, &ResponseError{Status: int(r.status), Text: f.text, Err: ErrMalformedResponse}
	}
	return n, nil
}

func (r *Response) advance(b []byte, most int) *fault {
	if r.failed != nil || r.b != nil {
		return r.failed
	}
	for {
		if r.fields == 0 {
			if f := r.statusLine(b); f != nil {
				return f
			}
		}
		name, _, f := r.field(b, most)
		switch {
		case f != nil:
			return f
		case name != (span{}):
		case r.isInterim():
			r.fields, r.status = 0, 0
		default:
			return nil
		}
	}
}

func (r *Response) isInterim() bool { return r.status < 200 && r.status != 101 }

// statusLine checks the status line, RFC 9112 section 4. The reason phrase may
// be empty, the space before it may not be missing.
func (r *Response) statusLine(b []byte) *fault {
	if r.status == 0 {
		if f := r.statusCode(b[r.line:]); f != nil {
			return f
		}
	}
	r.pos = int32(skip(b, int(r.pos), valueChar))
	if f := r.newline(b); f != nil {
		return f
	}
	r.fields = r.pos
	return nil
}

func (r *Response) statusCode(line []byte) *fault {
	const form = "HTTP/1.m 000 "
	for i := range min(len(line), len(form)) {
		if !matches(line[i], form[i]) {
			return badStatusLine
		}
	}
	if len(line) < len(form) {
		return unfinished
	}
	r.pos += int32(len(form))
	r.minor = line[len("HTTP/1.")]
	for _, c := range line[len("HTTP/1.m ") : len(form)-1] {
		r.status = 10*r.status + int32(c-'0')
	}
	if r.status < 100 || r.status > 599 {
		return badStatusLine
	}
	return nil
}

// matches reports whether c is as form says: m is a minor version that we
// know, 0 a digit, anything else itself.
func matches(c, form byte) bool {
	switch form {
	case 'm':
		return c == '0' || c == '1'
	case '0':
		return classes[c]&digitChar != 0
	}
	return c == form
}

// Status gives the status code.
func (r *Response) Status() int {
	if r.b == nil {
		return 0
	}
	return int(r.status)
}

// Subprotocol gives the subprotocol that the server chose; "" if none.
func (r *Response) Subprotocol() string { return r.Header("Sec-WebSocket-Protocol") }
