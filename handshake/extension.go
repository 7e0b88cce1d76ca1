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

// parseExtensions reads a header value. It is not ok as scanExtensions is not.
func parseExtensions[T text](v T) (list []Extension, ok bool) {
	ok = scanExtensions(v, func(e Extension) { list = append(list, e) })
	return list, ok
}

// scanExtensions reads a header value and gives each extension to found, if
// that is not nil. It is not ok if the value is malformed or names none.
func scanExtensions[T text](v T, found func(Extension)) (ok bool) {
	s := scanner[T]{s: v, keep: found != nil}
	s.space()
	for {
		for s.take(',') {
		}
		if s.atEnd() {
			return ok
		}
		e, valid := s.extension()
		if !valid || !s.atEnd() && !s.at(',') {
			return false
		}
		if ok = true; found != nil {
			found(e)
		}
	}
}

// scanner reads the grammar of RFC 6455 section 9.1. By its section 4.3, and
// unlike in HTTP of today, white space may stand between any two tokens: each
// method that reads something steps over what follows it.
type scanner[T text] struct {
	s    T
	i    int
	keep bool // else only check, and allocate nothing
}

func (s *scanner[T]) extension() (e Extension, ok bool) {
	e.Name, ok = s.token()
	for ok && s.take(';') {
		var p Param
		if p, ok = s.param(); ok && s.keep {
			e.Params = append(e.Params, p)
		}
	}
	return e, ok
}

func (s *scanner[T]) param() (p Param, ok bool) {
	p.Name, ok = s.token()
	switch {
	case !ok || !s.take('='):
	case s.at('"'):
		p.Value, ok = s.quoted()
	default:
		p.Value, ok = s.token()
	}
	return p, ok
}

func (s *scanner[T]) token() (t string, ok bool) {
	from := s.i
	s.i = skip(s.s, from, tokenChar)
	ok = s.i > from
	if s.keep {
		t = string(s.s[from:s.i])
	}
	s.space()
	return t, ok
}

// quoted reads a quoted string. What it stands for must be a token as well.
func (s *scanner[T]) quoted() (string, bool) {
	var value []byte
	s.i++
	for from := s.i; s.i < len(s.s); s.i++ {
		c := s.s[s.i]
		if c == '"' && s.i > from {
			s.i++
			s.space()
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

func (s *scanner[T]) space() {
	for s.i < len(s.s) && isSpace(s.s[s.i]) {
		s.i++
	}
}

func (s *scanner[T]) atEnd() bool { return s.i == len(s.s) }

func (s *scanner[T]) at(c byte) bool { return s.i < len(s.s) && s.s[s.i] == c }

// take steps over c if it comes next.
func (s *scanner[T]) take(c byte) bool {
	if !s.at(c) {
		return false
	}
	s.i++
	s.space()
	return true
}
