package handshake

import (
	"errors"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for s, want := range map[string]URL{
		"ws://example.com":             {false, "example.com:80", "example.com", "example.com", "/"},
		"wss://example.com/chat":       {true, "example.com:443", "example.com", "example.com", "/chat"},
		"HTTP://Example.COM:8080/A?b":  {false, "example.com:8080", "example.com", "example.com:8080", "/A?b"},
		"https://example.com:443?a=/":  {true, "example.com:443", "example.com", "example.com", "/?a=/"},
		"wss://example.com:80/":        {true, "example.com:80", "example.com", "example.com:80", "/"},
		"ws://example.com:/?":          {false, "example.com:80", "example.com", "example.com", "/?"},
		"ws://[2001:DB8::1]:8080/":     {false, "[2001:db8::1]:8080", "2001:db8::1", "[2001:db8::1]:8080", "/"},
		"ws://[::1]":                   {false, "[::1]:80", "::1", "[::1]", "/"},
		"ws://[fe80::1%25eth0]/":       {false, "[fe80::1%eth0]:80", "fe80::1", "[fe80::1]", "/"},
		"ws://example.com/a%20b%2Fc?%": {false, "example.com:80", "example.com", "example.com", "/a%20b%2Fc?%"},
		"ws://example.com//x":          {false, "example.com:80", "example.com", "example.com", "//x"},
	} {
		got, err := ParseURL(s)
		if err != nil || got != want {
			t.Errorf("%q: %+v %v\nwant %+v", s, got, err, want)
		}
		r := clientRequest()
		r.Host, r.Target = got.Host, got.Target
		if b, err := AppendRequest(nil, r); err != nil {
			t.Errorf("%q cannot be sent: %v %q", s, err, b)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, s := range []string{
		"", "example.com", "/chat", "ftp://example.com", "ws:example.com", "ws:///chat", "ws://", "ws://:80", "ws://example.com/#a", "ws://example.com#",
		"ws://user:secret@example.com/", "ws://@example.com/", "ws://exämple.com/", "ws://ex%C3%A4mple.com/", "ws://a_b c/", "ws://a,b/",
		"ws://example.com:0", "ws://example.com:65536", "ws://example.com:x", "ws://example.com/?a b", "ws://example.com/a b", "ws://example.com/ä%2F", "ws://example.com/\"%2F", "ws://example.com/?ä",
		"ws://example.com/%", "ws://example.com/\r\n", "ws://example.com/?\x00", "ws://::1/", "ws://[::1", "http:/example.com",
	} {
		got, err := ParseURL(s)
		var usage *UsageError
		if !errors.As(err, &usage) || got != (URL{}) {
			t.Errorf("%q: %+v %v", s, got, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells the password", err)
		}
	}
}
