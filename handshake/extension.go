package handshake

// Extension is one element of a Sec-WebSocket-Extensions header, RFC 6455
// section 9.1: what a client offers or a server has accepted.
type Extension struct {
	Name   string
	Params []Param
}

// Param is a parameter of an [Extension]. Value is empty if it has none; a
// quoted one comes without quotes and backslashes.
type Param struct{ Name, Value string }

// Extensions gives the extensions listed in all Sec-WebSocket-Extensions
// headers, in order: of a request, what the client offers, preferred ones
// first; of a response, what the server has accepted. It is nil if there are
// none, and for a response also if a header is malformed, which
// [Response.Check] reports.
func (h *head) Extensions() (list []Extension) {
	for v := range valuesOf(h.lines(), "Sec-WebSocket-Extensions") {
		if !scanExtensions(v, func(e Extension) { list = append(list, e) }) {
			return nil
		}
	}
	return list
}

// scanExtensions reads a header value and gives each extension to found, if
// that is not nil. It is not ok if the value is malformed or names none.
func scanExtensions[T text](v T, found func(Extension)) (ok bool) {
	s := scanner[T]{s: v, keep: found != nil}
	for {
		for s.take(',') {
		}
		if s.atEnd() {
			return ok
		}
		e, valid := s.extension()
		if !valid || !s.atEnd() && !s.peek(',') {
			return false
		}
		if ok = true; found != nil {
			found(e)
		}
	}
}

// scanner reads the grammar of RFC 6455 section 9.1. By its section 4.3, and
// unlike in HTTP of today, white space may stand between any two tokens.
type scanner[T text] struct {
	s    T
	i    int
	keep bool // else only check, and allocate nothing
}

func (s *scanner[T]) extension() (e Extension, ok bool) {
	if e.Name, ok = s.token(); !ok {
		return e, false
	}
	for s.take(';') {
		p, ok := s.param()
		if !ok {
			return e, false
		}
		if s.keep {
			e.Params = append(e.Params, p)
		}
	}
	return e, true
}

func (s *scanner[T]) param() (p Param, ok bool) {
	if p.Name, ok = s.token(); !ok || !s.take('=') {
		return p, ok
	}
	if s.take('"') {
		p.Value, ok = s.quoted()
	} else {
		p.Value, ok = s.token()
	}
	return p, ok
}

func (s *scanner[T]) token() (string, bool) {
	s.space()
	from := s.i
	s.i = skip(s.s, from, tokenChar)
	return s.text(s.s[from:s.i]), s.i > from
}

// quoted reads a quoted string from after its first quote. What it stands for
// must be a token as well.
func (s *scanner[T]) quoted() (string, bool) {
	var value []byte
	for from := s.i; s.i < len(s.s); s.i++ {
		c := s.s[s.i]
		if c == '"' && s.i > from {
			s.i++
			return string(value), true
		}
		if c == '\\' && s.i+1 < len(s.s) {
			s.i++
			c = s.s[s.i]
		}
		if classes[c]&tokenChar == 0 {
			return "", false
		}
		if s.keep {
			value = append(value, c)
		}
	}
	return "", false
}

func (s *scanner[T]) text(t T) string {
	if !s.keep {
		return ""
	}
	return string(t)
}

func (s *scanner[T]) space() {
	for s.i < len(s.s) && isSpace(s.s[s.i]) {
		s.i++
	}
}

func (s *scanner[T]) atEnd() bool {
	s.space()
	return s.i == len(s.s)
}

// peek reports whether c comes next, after white space.
func (s *scanner[T]) peek(c byte) bool { return !s.atEnd() && s.s[s.i] == c }

// take steps over c if it comes next.
func (s *scanner[T]) take(c byte) bool {
	if !s.peek(c) {
		return false
	}
	s.i++
	return true
}
