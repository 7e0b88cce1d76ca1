package codec

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCloseCodes(t *testing.T) {
	seen := map[string]bool{}
	for n := range 1 << 16 {
		code := CloseCode(n)
		if code.Sendable() != naiveSendable(n) {
			t.Fatalf("%v: Sendable %v", code, code.Sendable())
		}
		if seen[code.String()] {
			t.Fatalf("two codes are called %q", code)
		}
		seen[code.String()] = true
	}
	for code, want := range map[CloseCode]string{
		0:                    "0",
		999:                  "999",
		CloseNormal:          "1000 normal closure",
		CloseReserved:        "1004 reserved",
		CloseAbnormal:        "1006 abnormal closure",
		ClosePolicyViolation: "1008 policy violation",
		CloseMessageTooBig:   "1009 message too big",
		CloseTLSHandshake:    "1015 TLS handshake failed",
		1016:                 "1016",
		3000:                 "3000",
		65535:                "65535",
	} {
		if code.String() != want {
			t.Errorf("%d is %q, want %q", uint16(code), code, want)
		}
	}
}

func TestClosePayload(t *testing.T) {
	long := strings.Repeat("r", 200)
	for _, c := range []struct {
		code   CloseCode
		reason string
		want   string
	}{
		{CloseNoStatus, "", ""},
		{CloseNoStatus, "lost with the code", ""},
		{CloseNormal, "", "\x03\xE8"},
		{CloseGoingAway, "bye", "\x03\xE9bye"},
		{4999, "é", "\x13\x87é"},
		{CloseNormal, long[:123], "\x03\xE8" + long[:123]},
		{CloseNormal, long, "\x03\xE8" + long[:123]},
		{CloseNormal, long[:122] + "é", "\x03\xE8" + long[:122]},
		{CloseNormal, long[:121] + "é", "\x03\xE8" + long[:121] + "é"},
		{CloseNormal, long[:120] + "😀", "\x03\xE8" + long[:120]},
		{CloseNormal, long[:119] + "😀tail", "\x03\xE8" + long[:119] + "😀"},
	} {
		got := string(AppendClosePayload([]byte("b"), c.code, c.reason))
		if got != "b"+c.want {
			t.Errorf("%v %q: %q, want %q", c.code, c.reason, got, c.want)
		}
		code, reason, err := ParseClosePayload([]byte(got[1:]))
		if err != nil || code != c.code || !strings.HasPrefix(c.reason, string(reason)) || string(reason) != cutTwo(c.want) {
			t.Errorf("%q: %v, %q, %v", c.want, code, reason, err)
		}
	}
}

func cutTwo(s string) string { return s[min(2, len(s)):] }

func TestParseClosePayloadErrors(t *testing.T) {
	for payload, want := range map[string]error{
		"\x03":                        ErrCloseLength,
		"\x00\x00":                    ErrCloseCode,
		"\x03\xEC":                    ErrCloseCode, // 1004
		"\x03\xED":                    ErrCloseCode, // 1005
		"\x03\xEE":                    ErrCloseCode, // 1006
		"\x03\xF7":                    ErrCloseCode, // 1015
		"\x0B\xB7":                    ErrCloseCode, // 2999
		"\x13\x88":                    ErrCloseCode, // 5000
		"\x03\xE8\xFF":                ErrCloseReason,
		"\x03\xE8ok\xE2\x82":          ErrCloseReason,
		"\x03\xE8\xED\xA0\x80":        ErrCloseReason,
		"\x03\xEE and a reason, \xFF": ErrCloseCode,
	} {
		code, reason, err := ParseClosePayload([]byte(payload))
		if err != want || code != 0 || reason != nil {
			t.Errorf("%q: %v, %q, %v, want %v", payload, code, reason, err, want)
		}
	}
}

func TestParseClosePayloadAllocatesNothing(t *testing.T) {
	payload := AppendClosePayload(nil, CloseGoingAway, "größer")
	assertNoAllocs(t, func() { ParseClosePayload(payload) })
}

func FuzzClosePayload(f *testing.F) {
	f.Add([]byte(nil), uint16(1000), "")
	f.Add([]byte("\x03\xE8bye"), uint16(1005), "größer")
	f.Add([]byte("\x03\xE8\xED\xA0"), uint16(4000), strings.Repeat("😀", 40))
	f.Fuzz(func(t *testing.T, payload []byte, n uint16, text string) {
		code, reason, err := ParseClosePayload(payload)
		switch {
		case len(payload) == 0:
			if code != CloseNoStatus || reason != nil || err != nil {
				t.Fatalf("empty: %v, %q, %v", code, reason, err)
			}
		case err == nil:
			if !naiveSendable(int(code)) || !utf8.Valid(reason) {
				t.Fatalf("%q accepted: %v, %q", payload, code, reason)
			}
			if len(payload) <= MaxControlPayload && string(AppendClosePayload(nil, code, string(reason))) != string(payload) {
				t.Fatalf("%q does not survive", payload)
			}
		case len(payload) > 1 && utf8.Valid(payload[2:]) && naiveSendable(int(payload[0])<<8|int(payload[1])):
			t.Fatalf("%q refused: %v", payload, err)
		}

		p := AppendClosePayload(nil, CloseCode(n), text)
		if len(p) > MaxControlPayload {
			t.Fatalf("%d bytes", len(p))
		}
		code, reason, err = ParseClosePayload(p)
		if CloseCode(n).Sendable() && utf8.ValidString(text) {
			if err != nil || code != CloseCode(n) || !strings.HasPrefix(text, string(reason)) || len(reason) < min(len(text), 120) {
				t.Fatalf("%d %q came back as %v %q, %v", n, text, code, reason, err)
			}
		}
	})
}
