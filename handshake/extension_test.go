package handshake

import (
	"reflect"
	"testing"
)

func TestExtensions(t *testing.T) {
	for value, want := range map[string][]Extension{
		"a":                 {{Name: "a"}},
		"a, b,,\tc ,":       {{Name: "a"}, {Name: "b"}, {Name: "c"}},
		", a":               {{Name: "a"}},
		"a;b":               {{"a", []Param{{"b", ""}}}},
		"a; b=1 ;c = \"2\"": {{"a", []Param{{"b", "1"}, {"c", "2"}}}},
		`a;b="\1\x"`:        {{"a", []Param{{"b", "1x"}}}},
		"a;b, a":            {{"a", []Param{{"b", ""}}}, {Name: "a"}},
		"a;b;b=1":           {{"a", []Param{{"b", ""}, {"b", "1"}}}},
		"permessage-deflate; server_max_window_bits=10, permessage-deflate": {
			{"permessage-deflate", []Param{{"server_max_window_bits", "10"}}}, {Name: "permessage-deflate"},
		},
	} {
		r := parsed(t, request("Sec-WebSocket-Extensions: "+value))
		if got := r.Extensions(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestExtensionsOverLines(t *testing.T) {
	r := parsed(t, request("Sec-WebSocket-Extensions: a; b", "X: y", "sec-websocket-extensions: c"))
	want := []Extension{{"a", []Param{{"b", ""}}}, {Name: "c"}}
	if got := r.Extensions(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := parsed(t, request()).Extensions(); got != nil {
		t.Errorf("none offered: %v", got)
	}
}

func TestExtensionsMalformed(t *testing.T) {
	for _, value := range []string{
		"", " ", ",", ";", "=", "a;", "a;;b", "a;=1", "a;b=", "a;b=,c", "a b", "a=b", "a;b c", "a;b=1 2", `"a"`, `a;"b"`,
		`a;b="`, `a;b=""`, `a;b="\`, `a;b="1`, `a;b="1\`, `a;b="1\"`, `a;b="1 2"`, `a;b=" 1"`, `a;b="1,2"`, `a;b="\""`, `a;b="1"2`, `a;b="1""2"`, "a\x80", "(a)",
	} {
		if scanExtensions(value, nil) || scanExtensions([]byte(value), func(Extension) {}) {
			t.Errorf("%q is taken", value)
		}
	}
}
