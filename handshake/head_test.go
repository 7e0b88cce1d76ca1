package handshake

import (
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		lim           Limits
		head, headers int
	}{
		{Limits{}, DefaultMaxHead, DefaultMaxHeaders},
		{Limits{-1, -1}, DefaultMaxHead, DefaultMaxHeaders},
		{Limits{100, 10}, 100, 10},
		{Limits{1 << 40, 1 << 40}, 1<<31 - 1, 1 << 40},
	} {
		if head, headers := tc.lim.head(), tc.lim.headers(); head != tc.head || headers != tc.headers {
			t.Errorf("%v: %d %d", tc.lim, head, headers)
		}
	}
}

// White space around a value is not part of it, inside it is.
func TestFieldValueIsTrimmed(t *testing.T) {
	for line, want := range map[string]string{
		"A:b":                       "b",
		"A: b":                      "b",
		"A:\t  b c \t":              "b c",
		"A:":                        "",
		"A: \t ":                    "",
		"A: b: c":                   "b: c",
		"A: :":                      ":",
		"a: b\tc":                   "b\tc",
		"a: 0123456789\t0123456789": "0123456789\t0123456789",
	} {
		if got := parsed(t, request(line)).Header("A"); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// A value may hold all but controls, at any place of the words it is read by.
func TestFieldValueBytes(t *testing.T) {
	for c := range 256 {
		valid := c == '\t' || c >= ' ' && c != 0x7f
		for before := range 17 {
			line := "A: " + strings.Repeat("x", before) + string([]byte{byte(c)}) + strings.Repeat("x", 17)
			_, err := new(Request).Parse([]byte(request(line)), Limits{})
			if (err == nil) != valid {
				t.Fatalf("byte %#x after %d others: %v", c, before, err)
			}
		}
	}
}

func TestFieldNameBytes(t *testing.T) {
	for c := range 256 {
		valid := c > ' ' && c < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c))
		_, err := new(Request).Parse([]byte(request("x"+string([]byte{byte(c)})+"x: y")), Limits{})
		if c == ':' {
			valid = true // ends the name
		}
		if (err == nil) != valid {
			t.Errorf("byte %#x: %v", c, err)
		}
	}
}
