package handshake

import "testing"

func TestSplitHost(t *testing.T) {
	for s, want := range map[string]struct {
		host, port string
		ok         bool
	}{
		"example.com":           {"example.com", "", true},
		"example.com:80":        {"example.com", "80", true},
		"under_score-1.local.":  {"under_score-1.local.", "", true},
		"127.0.0.1:65535":       {"127.0.0.1", "65535", true},
		"[::1]":                 {"[::1]", "", true},
		"[2001:db8::1]:8080":    {"[2001:db8::1]", "8080", true},
		"[::ffff:192.0.2.1]:80": {"[::ffff:192.0.2.1]", "80", true},
		"":                      {},
		":80":                   {},
		"example.com:":          {},
		"example.com:0":         {},
		"example.com:080":       {},
		"example.com:65536":     {},
		"example.com:100000":    {},
		"example.com:8x":        {},
		"example.com:80:80":     {},
		"example.com/":          {},
		"a b":                   {},
		"a,b":                   {},
		"user@example.com":      {},
		"ex%41mple.com":         {},
		"exämple.com":           {},
		"::1":                   {},
		"[::1":                  {},
		"[::1]x":                {},
		"[]":                    {},
		"[:]":                   {},
		"[1.2.3.4]":             {},
		"[fe80::1%25eth0]":      {},
	} {
		host, port, ok := splitHost([]byte(s))
		if ok != want.ok || ok && (string(host) != want.host || string(port) != want.port) {
			t.Errorf("%q: %q %q %v", s, host, port, ok)
		}
	}
}
