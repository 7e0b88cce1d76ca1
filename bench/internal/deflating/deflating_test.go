package deflating

import "testing"

func TestParse(t *testing.T) {
	for _, s := range []string{"", "alone", "takeover", "takeover 10"} {
		if w, err := Parse(s); err != nil || string(w) != s {
			t.Errorf("%q: %q, %v", s, w, err)
		}
	}
	if w, err := Parse("all"); err == nil {
		t.Errorf("%q", w)
	}
}

func TestCheck(t *testing.T) {
	const (
		none   = ""
		alone  = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
		both   = "permessage-deflate"
		server = "permessage-deflate; client_no_context_takeover"
		small  = "permessage-deflate; server_max_window_bits=10; client_max_window_bits=10"
	)
	for way, good := range map[Way][]string{Alone: {alone, server}, Takeover: {both, small}, TakeoverKB: {small}} {
		for _, answer := range []string{none, alone, both, server, small} {
			want := false
			for _, g := range good {
				want = want || g == answer
			}
			if err := way.Check(answer); (err == nil) != want {
				t.Errorf("%s, %q: %v", way, answer, err)
			}
		}
	}
}
