package handshake

import "testing"

func TestTarget(t *testing.T) {
	for target, want := range map[string]struct{ path, query, host string }{
		"/":                                {"/", "", "example.com"},
		"/?":                               {"/", "", "example.com"},
		"/a/../b//c?d?e":                   {"/a/../b//c", "d?e", "example.com"},
		"//other.example/x":                {"//other.example/x", "", "example.com"},
		"/%e2%82%AC%00?%zz":                {"/\u20ac\x00", "%zz", "example.com"},
		`/"<>\^{|}`:                        {`/"<>\^{|}`, "", "example.com"},
		"/http://a/":                       {"/http://a/", "", "example.com"},
		"http://other.example/x?y":         {"/x", "y", "other.example"},
		"HTTPS://other.example:8443/":      {"/", "", "other.example:8443"},
		"http://other.example":             {"/", "", "other.example"},
		"http://other.example?x=/":         {"/", "x=/", "other.example"},
		"http://[::1]:8080/":               {"/", "", "[::1]:8080"},
		"http://other.example/http://a/?b": {"/http://a/", "b", "other.example"},
	} {
		r := parsed(t, requestTo(target))
		if r.Target() != target || r.Path() != want.path || r.RawQuery() != want.query || r.Host() != want.host {
			t.Errorf("%q: target %q path %q query %q host %q", target, r.Target(), r.Path(), r.RawQuery(), r.Host())
		}
	}
}

func TestTargetBytes(t *testing.T) {
	for c := range 256 {
		_, err := new(Request).Parse([]byte(requestTo("/?"+string([]byte{byte(c)}))), Limits{})
		if valid := c > ' ' && c < 0x7f && c != '#'; (err == nil) != valid {
			t.Errorf("byte %#x: %v", c, err)
		}
	}
}
