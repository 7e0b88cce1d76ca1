package handshake

import "bytes"

// splitTarget finds host and path of the request target. Servers must accept
// the absolute-form, and then ignore the Host header, RFC 9112 section 3.2.2;
// RFC 6455 section 4.1 allows it for http and https.
func (r *Request) splitTarget(b []byte) *fault {
	t := r.target.in(b)
	i := schemeLen(t)
	if i > 0 {
		n := authorityLen(t[i:])
		if !validHost(t[i : i+n]) {
			return badTarget
		}
		r.host = span{r.target.from + int32(i), r.target.from + int32(i+n)}
		i += n
	}
	path, _, _ := bytes.Cut(t[i:], question)
	if !validPath(path, i > 0) {
		return badTarget
	}
	from := r.target.from + int32(i)
	r.path = span{from, from + int32(len(path))}
	return nil
}

var question = []byte{'?'}

// schemeLen gives the length of the scheme and slashes of an absolute-form.
func schemeLen(t []byte) int {
	for _, s := range [...]string{"http://", "https://"} {
		if len(t) >= len(s) && is(t[:len(s)], s) {
			return len(s)
		}
	}
	return 0
}

func authorityLen(t []byte) int {
	if i := bytes.IndexAny(t, "/?"); i >= 0 {
		return i
	}
	return len(t)
}

// validPath reports whether p starts with a slash, or may be empty and is, and
// each of its percent signs has two hexadecimal digits.
func validPath(p []byte, emptyToo bool) bool {
	if len(p) == 0 {
		return emptyToo
	}
	if p[0] != '/' {
		return false
	}
	for {
		i := bytes.IndexByte(p, '%')
		if i < 0 {
			return true
		}
		p = p[i+1:]
		if len(p) < 2 || !all(p[:2], hexChar) {
			return false
		}
	}
}
