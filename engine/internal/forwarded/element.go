package forwarded

import (
	"net/netip"
	"strings"
)

// parseElement reads the address out of an element of Forwarded, RFC 7239
// section 4.
func parseElement(s string) (netip.AddrPort, bool) {
	node, ok := valueOfFor(s)
	if !ok {
		return netip.AddrPort{}, false
	}
	return parseNode(node)
}

// valueOfFor gives the value of the pair that is called "for", of which there
// must be one. White space between pairs, which some write, does not matter.
func valueOfFor(s string) (value string, ok bool) {
	found := false
	for {
		name, rest := cutToken(trim(s))
		if name != "" {
			v, after, ok := cutValue(rest)
			if !ok {
				return "", false
			}
			if strings.EqualFold(name, "for") {
				if found {
					return "", false
				}
				value, found = v, true
			}
			rest = after
		}
		rest = trim(rest)
		if rest == "" {
			return value, found
		}
		if rest[0] != ';' {
			return "", false
		}
		s = rest[1:]
	}
}

// cutToken cuts s behind the token that it begins with, which may be empty, RFC
// 9110 section 5.6.2.
func cutToken(s string) (token, rest string) {
	i := strings.IndexFunc(s, func(r rune) bool { return !isTokenChar(r) })
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

func isTokenChar(r rune) bool {
	switch {
	case '0' <= r && r <= '9', 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z':
		return true
	}
	return r < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", byte(r)) >= 0
}

// cutValue cuts s behind the equals sign and the value that it begins with.
func cutValue(s string) (value, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, "=")
	if !ok {
		return "", "", false
	}
	if strings.HasPrefix(s, `"`) {
		return cutQuoted(s[1:])
	}
	value, rest = cutToken(s)
	return value, rest, value != ""
}

// cutQuoted cuts s, which comes behind an opening quote, behind the closing one,
// RFC 9110 section 5.6.4.
func cutQuoted(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
