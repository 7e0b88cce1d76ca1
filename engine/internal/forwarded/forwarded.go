package forwarded

import (
	"iter"
	"net/netip"
	"slices"
	"strings"
)

// XForwardedFor yields the addresses in the lines of X-Forwarded-For, the last
// one first; with false what is none. Ports, which some proxies add, are 0 if
// there are none.
func XForwardedFor(lines []string) iter.Seq2[netip.AddrPort, bool] {
	return backward(lines, lastItem, parseItem)
}

// Forwarded yields the addresses that the lines of Forwarded have as "for", RFC
// 7239 section 5.2, the last one first; with false what is none, as "unknown",
// names that hide one, and what is malformed. Ports are 0 if there are none.
func Forwarded(lines []string) iter.Seq2[netip.AddrPort, bool] {
	return backward(lines, lastElement, parseElement)
}

// backward yields what the elements of a list say. Lines are parts of the same
// list, and empty elements do not count, RFC 9110 sections 5.3 and 5.6.1.2.
func backward(lines []string, last func(string) (before, element string, more bool),
	parse func(string) (netip.AddrPort, bool)) iter.Seq2[netip.AddrPort, bool] {
	return func(yield func(netip.AddrPort, bool) bool) {
		for _, line := range slices.Backward(lines) {
			for more := true; more; {
				var element string
				line, element, more = last(line)
				if element = trim(element); element != "" && !yield(parse(element)) {
					return
				}
			}
		}
	}
}

func trim(s string) string { return strings.Trim(s, " \t") }

// lastItem cuts a list that knows no quotes before its last element.
func lastItem(list string) (before, item string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// lastElement cuts a list before its last element, in which commas may be
// quoted.
func lastElement(list string) (before, element string, more bool) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch c := list[i]; {
		case c == '"' && !escaped(list[:i]):
			quoted = !quoted
		case c == ',' && !quoted:
			return list[:i], list[i+1:], true
		}
	}
	return "", list, false
}

// escaped tells that what comes behind s is escaped by a backslash, which is not
// itself.
func escaped(s string) bool {
	return (len(s)-len(strings.TrimRight(s, `\`)))%2 == 1
}
