package malformed

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// JudgeRequest says with which status a server must answer a request, and how
// long the head is if that is 101. The server has the limits above, speaks
// Subprotocols, and accepts pages of its own origin alone. The status is 0 if
// the head has no end.
func JudgeRequest(b []byte) (status, n int) {
	window := b[:min(len(b), MaxHead)]
	r := &reader{offered: map[string]bool{}, count: map[string]int{}}
	rest := string(window)
	for first := true; ; first = false {
		line, after, ok := strings.Cut(rest, "\r\n")
		switch {
		case !ok && !first && strings.ContainsAny(strings.TrimSuffix(rest, "\r"), "\r\n"):
			return 400, 0 // wherever the line should end
		case !ok && len(b) < MaxHead:
			return 0, 0
		case !ok && first:
			return 414, 0
		case !ok:
			return 431, 0
		case first:
			status = r.requestLine(line)
		case line == "":
			if status = r.end(); status == 101 {
				n = len(window) - len(after)
			}
			return status, n
		default:
			status = r.headerLine(line)
		}
		if status != 0 {
			return status, 0
		}
		rest = after
	}
}

// reader is what is known of a request.
type reader struct {
	lines    int
	count    map[string]int // of each header
	host     string         // that the client asks for
	origin   string
	upgrade  bool
	connects bool
	offered  map[string]bool
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

var (
	isHeaderLine = regexp.MustCompile(`^(` + token + `):([^\x00-\x08\x0a-\x1f\x7f]*)$`)
	isTokens     = regexp.MustCompile(`^` + token + `$`)
	isProtocol   = regexp.MustCompile(`^` + token + `(/` + token + `)?$`)
	isTarget     = regexp.MustCompile(`^(?:([hH][tT][tT][pP][sS]?)://([^/?]*))?((?:/(?:[^%?]|%[0-9A-Fa-f]{2})*)?)(?:\?.*)?$`)
	isHost       = regexp.MustCompile(`^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*\])(?::([1-9][0-9]{0,4}))?$`)
	isOrigin     = regexp.MustCompile(`^([hH][tT][tT][pP][sS]?)://(.*)$`)

	// RFC 6455 section 9.1, with white space between any two tokens.
	extension  = token + `(?:[\t ]*;[\t ]*` + token + `(?:[\t ]*=[\t ]*(?:` + token + `|"(?:\\?[!#$%&'*+.^_` + "`" + `|~0-9A-Za-z-])+"))?)*`
	isExtended = regexp.MustCompile(`^[\t ,]*` + extension + `(?:[\t ]*,[\t ,]*` + extension + `)*[\t ,]*$`)
)

// requestLine judges RFC 9112 section 3.
func (r *reader) requestLine(line string) int {
	method, rest, _ := strings.Cut(line, " ")
	if method != "GET" {
		// The first byte that is not that of "GET " tells.
		shown := line
		for i := range len(line) {
			if !strings.HasPrefix("GET ", line[:i+1]) {
				shown = line[:i+1]
				break
			}
		}
		if isTokens.MatchString(strings.TrimSuffix(shown, " ")) {
			return 405
		}
		return 400
	}
	target, version, _ := strings.Cut(rest, " ")
	for _, c := range []byte(target) {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return 400
		}
	}
	parts := isTarget.FindStringSubmatch(target)
	switch {
	case parts == nil, parts[1] == "" && parts[3] == "", parts[1] != "" && !validHost(parts[2]):
		return 400
	}
	r.host = parts[2]
	return judgeVersion(version)
}

// judgeVersion tells another version from what is none by the first byte that
// is not that of "HTTP/1.1".
func judgeVersion(v string) int {
	for i := range len(v) {
		if strings.HasPrefix("HTTP/1.1", v[:i+1]) {
			continue
		}
		if ok, _ := regexp.MatchString(`^HTTP/[0-9](\.[0-9])?$`, v[:i+1]); ok {
			return 505
		}
		return 400
	}
	if v != "HTTP/1.1" {
		return 400
	}
	return 0
}

func (r *reader) headerLine(line string) int {
	parts := isHeaderLine.FindStringSubmatch(line)
	if r.lines++; r.lines > MaxHeaders {
		return 431
	}
	if parts == nil {
		return 400
	}
	name, value := strings.ToLower(parts[1]), strings.Trim(parts[2], " \t")
	r.count[name]++
	again := r.count[name] > 1
	switch name {
	case "host":
		if r.host == "" {
			r.host = value
		}
		return unless(!again && validHost(value), 400)
	case "origin":
		r.origin = value
		return unless(!again, 400)
	case "upgrade":
		return list(value, isProtocol, func(e string) { r.upgrade = r.upgrade || strings.EqualFold(e, "websocket") })
	case "connection":
		return list(value, isTokens, func(e string) { r.connects = r.connects || strings.EqualFold(e, "upgrade") })
	case "sec-websocket-version":
		if again {
			return 400
		}
		return unless(value == "13", 426)
	case "sec-websocket-key":
		nonce, err := base64.StdEncoding.Strict().DecodeString(value)
		return unless(!again && err == nil && len(nonce) == 16, 400)
	case "sec-websocket-protocol":
		return r.offers(value)
	case "sec-websocket-extensions":
		return unless(isExtended.MatchString(value), 400)
	case "content-length":
		return unless(value == "0", 400)
	case "transfer-encoding", "trailer":
		return 400
	case "expect":
		return 417
	}
	return 0
}

func unless(ok bool, status int) int {
	if ok {
		return 0
	}
	return status
}

// list judges a list whose elements have a form, and may be empty.
func list(value string, form *regexp.Regexp, each func(string)) int {
	for e := range strings.SplitSeq(value, ",") {
		e = strings.Trim(e, " \t")
		if e == "" {
			continue
		}
		if !form.MatchString(e) {
			return 400
		}
		each(e)
	}
	return 0
}

func (r *reader) offers(value string) int {
	before, twice := len(r.offered), false
	status := list(value, isTokens, func(e string) {
		twice = twice || r.offered[e]
		r.offered[e] = true
	})
	if status != 0 || twice || len(r.offered) == before || len(r.offered) > 32 {
		return 400
	}
	return 0
}

// end judges what can be judged only when all is known.
func (r *reader) end() int {
	speaks := func(name string) bool { return r.offered[name] }
	switch {
	case r.count["host"] == 0:
		return 400
	case !r.upgrade:
		return 426
	case !r.connects, r.count["sec-websocket-version"] == 0, r.count["sec-websocket-key"] == 0:
		return 400
	case r.count["origin"] > 0 && !sameOrigin(r.origin, r.host):
		return 403
	case len(r.offered) > 0 && !slices.ContainsFunc(Subprotocols, speaks):
		return 400
	}
	return 101
}

func validHost(s string) bool {
	parts := isHost.FindStringSubmatch(s)
	if parts == nil {
		return false
	}
	port, _ := strconv.Atoi(parts[2])
	return port <= 65535
}

// sameOrigin tells that an origin is that of the host, which is at the default
// port of the origin's scheme if it names none.
func sameOrigin(origin, host string) bool {
	parts := isOrigin.FindStringSubmatch(origin)
	if parts == nil || !validHost(parts[2]) {
		return false
	}
	port := map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(parts[1])]
	full := func(h string) string {
		if isHost.FindStringSubmatch(h)[2] == "" {
			h += port
		}
		return strings.ToLower(h)
	}
	return full(parts[2]) == full(host)
}
