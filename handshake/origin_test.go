package handshake

import "testing"

func withOrigin(t *testing.T, host, origin string) *Request {
	return parsed(t, without(theHost, "Host: "+host, "Origin: "+origin))
}

func TestSameOrigin(t *testing.T) {
	for _, tc := range []struct {
		host, origin string
		want         bool
	}{
		{"example.com", "https://example.com", true},
		{"example.com", "http://example.com", true},
		{"EXAMPLE.com", "HTTPS://Example.COM", true},
		{"example.com:443", "https://example.com", true},
		{"example.com", "https://example.com:443", true},
		{"example.com:80", "http://example.com", true},
		{"example.com:80", "https://example.com", false},
		{"example.com:443", "http://example.com", false},
		{"example.com:8443", "https://example.com:8443", true},
		{"example.com", "https://example.com:8443", false},
		{"example.com:8443", "https://example.com", false},
		{"[::1]:8080", "http://[::1]:8080", true},
		{"[::1]", "http://[::2]", false},
		{"example.com", "https://evil.example", false},
		{"example.com", "https://example.com.evil.example", false},
		{"example.com", "https://www.example.com", false},
		{"www.example.com", "https://example.com", false},
		{"example.com", "https://example.com.", false},
		{"example.com", "null", false},
		{"example.com", "", false},
		{"example.com", "example.com", false},
		{"example.com", "//example.com", false},
		{"example.com", "://example.com", false},
		{"example.com", "https://example.com/", false},
		{"example.com", "https://example.com?x", false},
		{"example.com", "https://user@example.com", false},
		{"example.com", "https://evil.example https://example.com", false},
		{"example.com", "https://example.com, https://evil.example", false},
		{"example.com", "https://", false},
		{"example.com", "https:example.com", false},
		{"example.com", "file://example.com", false},
		{"example.com", "wss://example.com", false},
		{"example.com", "1http://example.com", false},
	} {
		if SameOrigin(withOrigin(t, tc.host, tc.origin)) != tc.want {
			t.Errorf("%q at %q: not %v", tc.origin, tc.host, tc.want)
		}
	}
}

func TestSameOriginWithoutOrigin(t *testing.T) {
	if !SameOrigin(parsed(t, request())) {
		t.Error("refused")
	}
}

func TestOriginOfIncompleteRequest(t *testing.T) {
	var r Request
	if SameOrigin(&r) || AllowOrigins("https://example.com")(&r) {
		t.Error("allowed")
	}
}

// In absolute-form the target's host counts, not the Host header.
func TestSameOriginOfAbsoluteTarget(t *testing.T) {
	lines := append([]string{"Origin: https://a.example"}, minimum[theUpgrade:]...)
	if !SameOrigin(parsed(t, raw("GET http://a.example/ HTTP/1.1", append(lines, "Host: b.example")...))) {
		t.Error("refused")
	}
	if SameOrigin(parsed(t, raw("GET http://b.example/ HTTP/1.1", append(lines, "Host: a.example")...))) {
		t.Error("allowed")
	}
}

func TestSameOriginDoesNotAllocate(t *testing.T) {
	r := withOrigin(t, "example.com", "https://example.com")
	allow := AllowOrigins("https://a.example", "*.b.example")
	if n := testing.AllocsPerRun(100, func() { SameOrigin(r); allow(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAllowOrigins(t *testing.T) {
	for _, tc := range []struct {
		pattern, origin string
		want            bool
	}{
		{"https://example.com", "https://example.com", true},
		{"https://example.com", "https://example.com:443", true},
		{"https://example.com:443", "https://example.com", true},
		{"HTTPS://EXAMPLE.com", "https://example.COM", true},
		{"https://example.com", "http://example.com", false},
		{"https://example.com", "https://example.com:8443", false},
		{"https://example.com", "https://a.example.com", false},
		{"https://example.com", "null", false},
		{"https://example.com", "", false},
		{"https://example.com", "https://example.com/", false},
		{"example.com", "https://example.com", true},
		{"example.com", "http://example.com", true},
		{"example.com", "http://example.com:8080", false},
		{"example.com", "capacitor://example.com", false},
		{"example.com:8443", "https://example.com:8443", true},
		{"example.com:8443", "https://example.com", false},
		{"example.com:443", "https://example.com", true},
		{"example.com:443", "http://example.com", false},
		{"*.example.com", "https://a.example.com", true},
		{"*.example.com", "https://a.b.EXAMPLE.com", true},
		{"*.example.com", "https://example.com", false},
		{"*.example.com", "https://.example.com", false},
		{"*.example.com", "https://evilexample.com", false},
		{"*.example.com", "https://a.example.com.evil.example", false},
		{"*.example.com:8080", "http://a.example.com:8080", true},
		{"*.example.com:8080", "http://a.example.com", false},
		{"https://*.example.com", "https://a.example.com", true},
		{"https://*.example.com", "http://a.example.com", false},
		{"capacitor://localhost", "capacitor://localhost", true},
		{"chrome-extension://abcdef", "chrome-extension://abcdef", true},
		{"chrome-extension://abcdef", "chrome-extension://fedcba", false},
		{"[::1]:80", "http://[::1]", true},
		// Of no known form: nothing matches.
		{"*", "https://example.com", false},
		{"", "https://example.com", false},
		{"null", "null", false},
		{"null", "https://null", true}, // a host's name, as a pattern
		{"https://", "https://example.com", false},
		{"://example.com", "https://example.com", false},
		{"https://example.com/", "https://example.com", false},
		{"https://example.*", "https://example.com", false},
		{"*example.com", "https://example.com", false},
		{"a.*.com", "https://a.b.com", false},
	} {
		if AllowOrigins(tc.pattern)(withOrigin(t, "host", tc.origin)) != tc.want {
			t.Errorf("%q with %q: not %v", tc.origin, tc.pattern, tc.want)
		}
	}
}

func TestAllowOriginsOfSeveral(t *testing.T) {
	allow := AllowOrigins("https://a.example", "bad pattern", "b.example")
	if !allow(withOrigin(t, "host", "http://b.example")) || allow(withOrigin(t, "host", "https://host")) {
		t.Error("not as listed")
	}
	if r := parsed(t, request()); !allow(r) || !AllowOrigins()(r) {
		t.Error("refused without Origin")
	}
	if AllowOrigins()(withOrigin(t, "host", "https://host")) {
		t.Error("allowed by an empty list")
	}
}
