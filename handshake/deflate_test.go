package handshake

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const (
	chromiumOffer = "permessage-deflate; client_max_window_bits"
	defaultAnswer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
)

var takeover = DeflatePolicy{ServerTakeover: true, ClientTakeover: true}

// answerTo gives a server's answer to a Sec-WebSocket-Extensions value; "" if
// it accepts none.
func answerTo(t testing.TB, value string, p DeflatePolicy) string {
	t.Helper()
	r, head := newRequest(), request("Sec-WebSocket-Extensions: "+value)
	if o := parse(r, []byte(head), Limits{}); o.n != len(head) {
		t.Fatalf("%q: %v", head, o)
	}
	d, ok := r.Deflate(p)
	if !ok {
		return ""
	}
	b, err := AppendResponse(nil, r, Accept{Deflate: &d})
	if err != nil {
		t.Fatalf("%q: %+v: %v", value, d, err)
	}
	_, answer, _ := strings.Cut(string(b), "Sec-WebSocket-Extensions: ")
	answer, _, _ = strings.Cut(answer, "\r\n")
	return answer
}

func TestDeflateAnswers(t *testing.T) {
	for _, tc := range []struct {
		name, offer string
		policy      DeflatePolicy
		want        string
	}{
		{"Chromium", chromiumOffer, DeflatePolicy{}, defaultAnswer},
		{"Firefox", "permessage-deflate", DeflatePolicy{}, defaultAnswer},
		{"both takeovers", chromiumOffer, takeover, "permessage-deflate"},
		{"RFC 7692 7.1.3: the simplest", "permessage-deflate", takeover, "permessage-deflate"},
		{"RFC 7692 7.1.3: the first of two", "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits",
			takeover, "permessage-deflate; server_max_window_bits=10"},
		{"server's takeover alone", chromiumOffer, DeflatePolicy{ServerTakeover: true}, "permessage-deflate; client_no_context_takeover"},
		{"client's takeover alone", chromiumOffer, DeflatePolicy{ClientTakeover: true}, "permessage-deflate; server_no_context_takeover"},
		{"no takeover asked for", "permessage-deflate; server_no_context_takeover", takeover, "permessage-deflate; server_no_context_takeover"},
		{"no takeover promised", "permessage-deflate; client_no_context_takeover", takeover, "permessage-deflate; client_no_context_takeover"},
		{"a window confirmed", "permessage-deflate; server_max_window_bits=8", takeover, "permessage-deflate; server_max_window_bits=8"},
		{"the largest confirmed", "permessage-deflate; server_max_window_bits=15", takeover, "permessage-deflate; server_max_window_bits=15"},
		{"a window confirmed without takeover", "permessage-deflate; server_max_window_bits=10", DeflatePolicy{}, defaultAnswer + "; server_max_window_bits=10"},
		{"a window lowered", "permessage-deflate; server_max_window_bits=13", DeflatePolicy{ServerTakeover: true, ClientTakeover: true, ServerWindowBits: 11},
			"permessage-deflate; server_max_window_bits=11"},
		{"a window of our own", "permessage-deflate", DeflatePolicy{ServerTakeover: true, ClientTakeover: true, ServerWindowBits: 11},
			"permessage-deflate; server_max_window_bits=11"},
		{"the client's window limited", chromiumOffer, DeflatePolicy{ServerTakeover: true, ClientTakeover: true, ClientWindowBits: 12},
			"permessage-deflate; client_max_window_bits=12"},
		{"the client's window as promised", "permessage-deflate; client_max_window_bits=9", takeover, "permessage-deflate; client_max_window_bits=9"},
		{"the client's window less than promised", "permessage-deflate; client_max_window_bits=14", DeflatePolicy{ServerTakeover: true, ClientTakeover: true, ClientWindowBits: 12},
			"permessage-deflate; client_max_window_bits=12"},
		{"a client that cannot limit its window", "permessage-deflate", DeflatePolicy{ServerTakeover: true, ClientTakeover: true, ClientWindowBits: 12},
			"permessage-deflate; client_no_context_takeover"},
		{"a client's window without takeover", "permessage-deflate; client_max_window_bits=9", DeflatePolicy{ClientWindowBits: 8}, defaultAnswer},
		{"windows that nobody has", "permessage-deflate", DeflatePolicy{ServerTakeover: true, ClientTakeover: true, ServerWindowBits: 16, ClientWindowBits: -1}, "permessage-deflate"},
		{"quoted", `permessage-deflate; server_max_window_bits="1\0"`, takeover, "permessage-deflate; server_max_window_bits=10"},
		{"in other case", "Permessage-Deflate; Server_No_Context_Takeover", takeover, "permessage-deflate; server_no_context_takeover"},
		{"all four", "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10; client_no_context_takeover; server_no_context_takeover", takeover,
			defaultAnswer + "; server_max_window_bits=10"},
		{"after another extension", "x-other; a=1, permessage-deflate", DeflatePolicy{}, defaultAnswer},
		{"after a bad offer", "permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=12", takeover,
			"permessage-deflate; server_max_window_bits=12"},
		{"on another line", "permessage-deflate; x\r\nSec-WebSocket-Extensions: permessage-deflate", DeflatePolicy{}, defaultAnswer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := answerTo(t, tc.offer, tc.policy); got != tc.want {
				t.Errorf("%q: %q, want %q", tc.offer, got, tc.want)
			}
		})
	}
}

// What section 7.1 has a server decline in an offer; but for the last ones, a
// client must not take it in an answer either.
var badDeflates = []string{
	"x",
	"server_no_context_takeover=1",
	`server_no_context_takeover="true"`,
	"client_no_context_takeover=false",
	"server_no_context_takeover; server_no_context_takeover",
	"client_no_context_takeover; client_no_context_takeover",
	"server_max_window_bits=10; server_max_window_bits=10",
	"client_max_window_bits=10; client_max_window_bits=10",
	"server_max_window_bits",
	"server_max_window_bits=7",
	"server_max_window_bits=16",
	"server_max_window_bits=08",
	"server_max_window_bits=+9",
	"server_max_window_bits=9.",
	"server_max_window_bits=a",
	"server_max_window_bits=0x9",
	"server_max_window_bits=115",
	"server_max_window_bits=100000000000000000000010",
	"client_max_window_bits=7",
	"client_max_window_bits=16",
	"client_max_window_bits=010",
	"client_max_window_bits=-9",
	"server_no_context_takeover; y=9",
	"server-no-context-takeover",
}

func TestDeflateDeclines(t *testing.T) {
	offers := []string{"x-webkit-deflate-frame", "permessage-bzip2", "deflate", "client_max_window_bits; permessage-deflate"}
	for _, params := range append(slices.Clone(badDeflates), "client_max_window_bits; client_max_window_bits", "client_max_window_bits; client_max_window_bits=9") {
		offers = append(offers, "permessage-deflate; "+params)
	}
	for _, offer := range offers {
		if got := answerTo(t, offer, takeover); got != "" {
			t.Errorf("%q: %q", offer, got)
		}
	}
	if _, ok := parsed(t, request()).Deflate(takeover); ok {
		t.Error("answered without an offer")
	}
}

// checkAnswer gives what a client makes of a Sec-WebSocket-Extensions value in
// the answer to its request.
func checkAnswer(t testing.TB, req *ClientRequest, value string) (Deflate, bool, error) {
	t.Helper()
	var r Response
	head := response(0, accepted[0], "Sec-WebSocket-Extensions: "+value)
	if o := parse(&r, []byte(head), Limits{}); o.n != len(head) {
		t.Fatalf("%q: %v", head, o)
	}
	err := r.Check(req)
	if err != nil && !errors.Is(err, ErrBadExtension) {
		t.Fatalf("%q: %v", head, err)
	}
	d, ok := r.Deflate(req)
	return d, ok, err
}

func offering(offers ...Deflate) *ClientRequest {
	req := clientRequest()
	req.Deflate = offers
	return req
}

func TestDeflateAgreed(t *testing.T) {
	for _, tc := range []struct {
		name   string
		offers []Deflate
		answer string
		want   Deflate
	}{
		{"none", []Deflate{{}}, "permessage-deflate", Deflate{}},
		{"all", []Deflate{{ClientMaxWindowBits: 15}}, `permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits="9"`,
			Deflate{true, true, 8, 9}},
		{"a window confirmed", []Deflate{{ServerMaxWindowBits: 10}}, "permessage-deflate; server_max_window_bits=10", Deflate{ServerMaxWindowBits: 10}},
		{"a window lowered", []Deflate{{ServerMaxWindowBits: 10}}, "permessage-deflate; server_max_window_bits=9", Deflate{ServerMaxWindowBits: 9}},
		{"promises stay", []Deflate{{ClientNoContextTakeover: true, ClientMaxWindowBits: 12}}, "permessage-deflate",
			Deflate{ClientNoContextTakeover: true, ClientMaxWindowBits: 12}},
		{"a promise and less", []Deflate{{ClientMaxWindowBits: 12}}, "permessage-deflate; client_max_window_bits=9", Deflate{ClientMaxWindowBits: 9}},
		{"one of two offers", []Deflate{{ServerMaxWindowBits: 10, ClientMaxWindowBits: 9}, {ClientMaxWindowBits: 11}}, "permessage-deflate",
			Deflate{ClientMaxWindowBits: 11}},
		{"either of two offers", []Deflate{{ClientMaxWindowBits: 11}, {ClientNoContextTakeover: true}}, "permessage-deflate",
			Deflate{ClientNoContextTakeover: true, ClientMaxWindowBits: 11}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, ok, err := checkAnswer(t, offering(tc.offers...), tc.answer)
			if err != nil || !ok || d != tc.want {
				t.Errorf("%+v %v %v, want %+v", d, ok, err, tc.want)
			}
		})
	}
}

func TestDeflateNotAgreed(t *testing.T) {
	asks := Deflate{ServerNoContextTakeover: true, ServerMaxWindowBits: 10, ClientMaxWindowBits: 10}
	for _, tc := range []struct {
		name   string
		offers []Deflate
		answer string
	}{
		{"not offered", nil, "permessage-deflate"},
		{"takeover in spite of the offer", []Deflate{asks}, "permessage-deflate; server_max_window_bits=10"},
		{"window not confirmed", []Deflate{asks}, "permessage-deflate; server_no_context_takeover"},
		{"the largest not confirmed", []Deflate{{ServerMaxWindowBits: 15}}, "permessage-deflate"},
		{"larger window", []Deflate{asks}, "permessage-deflate; server_no_context_takeover; server_max_window_bits=11"},
		{"client's window not offered", []Deflate{{}}, "permessage-deflate; client_max_window_bits=15"},
		{"client's window larger than offered", []Deflate{asks}, "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11"},
		{"client's window without a value", []Deflate{{ClientMaxWindowBits: 15}}, "permessage-deflate; client_max_window_bits"},
		{"twice", []Deflate{{}}, "permessage-deflate, permessage-deflate"},
		{"twice on two lines", []Deflate{{}}, "permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate"},
		{"with another extension", []Deflate{{}}, "permessage-deflate, x"},
		{"a bit of each offer", []Deflate{{ServerNoContextTakeover: true, ClientMaxWindowBits: 15}, {ServerMaxWindowBits: 10}}, "permessage-deflate; client_max_window_bits=9"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, _, err := checkAnswer(t, offering(tc.offers...), tc.answer); err == nil {
				t.Errorf("%q is taken", tc.answer)
			}
		})
	}
	for _, params := range badDeflates {
		if _, _, err := checkAnswer(t, offering(Deflate{ClientMaxWindowBits: 15}), "permessage-deflate; "+params); err == nil {
			t.Errorf("%q is taken", params)
		}
	}
}

func TestDeflateIsDeclined(t *testing.T) {
	if d, ok, err := checkAnswer(t, func() *ClientRequest { r := offering(Deflate{}); r.Extensions = "x"; return r }(), "x"); ok || err != nil {
		t.Errorf("%+v %v %v", d, ok, err)
	}
	var r Response
	head := []byte(response(0, accepted[0]))
	if o := parse(&r, head, Limits{}); o.n != len(head) {
		t.Fatal(o)
	}
	if d, ok := r.Deflate(offering(Deflate{})); ok || r.Check(offering(Deflate{})) != nil {
		t.Errorf("%+v", d)
	}
}

// Offers that the caller has written itself count as well.
func TestDeflateOfferedAsText(t *testing.T) {
	req := clientRequest()
	req.Extensions = "x, permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits=9"
	for answer, want := range map[string]Deflate{
		"permessage-deflate; server_max_window_bits=9": {ServerMaxWindowBits: 9, ClientMaxWindowBits: 9},
		"x, permessage-deflate":                        {ClientMaxWindowBits: 9},
	} {
		if d, ok, err := checkAnswer(t, req, answer); !ok || err != nil || d != want {
			t.Errorf("%q: %+v %v %v", answer, d, ok, err)
		}
	}
	if _, _, err := checkAnswer(t, req, "permessage-deflate; client_max_window_bits=10"); err == nil {
		t.Error("more than was offered is taken")
	}
}

func TestDeflateOffers(t *testing.T) {
	for _, tc := range []struct {
		offers []Deflate
		other  string
		want   string
	}{
		{[]Deflate{{}}, "", "permessage-deflate"},
		{[]Deflate{{ClientMaxWindowBits: 15}}, "", chromiumOffer},
		{[]Deflate{{true, true, 15, 14}}, "", defaultAnswer + "; server_max_window_bits=15; client_max_window_bits=14"},
		{[]Deflate{{ServerMaxWindowBits: 8}, {ServerNoContextTakeover: true}}, "x; y", "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_no_context_takeover, x; y"},
		{nil, "x", "x"},
	} {
		req := offering(tc.offers...)
		req.Extensions = tc.other
		b, err := AppendRequest(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed(t, string(b)).Headers("Sec-WebSocket-Extensions"); !slices.Equal(got, []string{tc.want}) {
			t.Errorf("%+v: %q, want %q", tc.offers, got, tc.want)
		}
	}
}

func TestDeflateUsage(t *testing.T) {
	for _, bits := range []int{-1, 1, 7, 16} {
		for _, d := range []Deflate{{ServerMaxWindowBits: bits}, {ClientMaxWindowBits: bits}} {
			_, err := AppendRequest(nil, offering(Deflate{}, d))
			isUsage(t, err, "Deflate")
			_, err = AppendResponse(nil, parsed(t, request("Sec-WebSocket-Extensions: "+chromiumOffer)), Accept{Deflate: &d})
			isUsage(t, err, "Deflate")
		}
	}
	accept := func(offer string, a Accept) error {
		_, err := AppendResponse(nil, parsed(t, request("Sec-WebSocket-Extensions: "+offer)), a)
		return err
	}
	isUsage(t, accept("x", Accept{Deflate: &Deflate{}}), "Deflate")
	isUsage(t, accept("permessage-deflate; x", Accept{Deflate: &Deflate{}}), "Deflate")
	isUsage(t, accept("permessage-deflate; server_max_window_bits=10", Accept{Deflate: &Deflate{}}), "Deflate")
	isUsage(t, accept("permessage-deflate; server_max_window_bits=10", Accept{Extensions: "permessage-deflate"}), "Extensions")
	isUsage(t, accept("permessage-deflate", Accept{Extensions: "permessage-deflate, permessage-deflate"}), "Extensions")
	isUsage(t, accept("permessage-deflate, x", Accept{Deflate: &Deflate{}, Extensions: "x, permessage-deflate"}), "Extensions")
	if err := accept("permessage-deflate, x", Accept{Deflate: &Deflate{}, Extensions: "x"}); err != nil {
		t.Error(err)
	}
}

func isUsage(t *testing.T, err error, field string) {
	t.Helper()
	var usage *UsageError
	if !errors.As(err, &usage) || usage.Field != field {
		t.Errorf("%v is no UsageError about %s", err, field)
	}
}

func TestDeflateWindowBits(t *testing.T) {
	if d := (Deflate{}); d.ServerWindowBits() != 15 || d.ClientWindowBits() != 15 {
		t.Error("absent parameters do not mean 15")
	}
	if d := (Deflate{ServerMaxWindowBits: 9, ClientMaxWindowBits: 8}); d.ServerWindowBits() != 9 || d.ClientWindowBits() != 8 {
		t.Errorf("%d %d", d.ServerWindowBits(), d.ClientWindowBits())
	}
}

func TestDeflateAllocsNothingUnlessOffered(t *testing.T) {
	head := []byte(clients["curl"])
	out := make([]byte, 0, 512)
	var r Request
	if n := testing.AllocsPerRun(100, func() {
		r.Reset()
		r.Parse(head, Limits{})
		if _, ok := r.Deflate(takeover); ok {
			t.Fatal("answered without an offer")
		}
		out, _ = AppendResponse(out[:0], &r, Accept{})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkUpgradeDeflate(b *testing.B) {
	head := []byte(clients["Chromium"])
	out := make([]byte, 0, 512)
	var r Request
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		r.Parse(head, Limits{})
		d, ok := r.Deflate(DeflatePolicy{})
		if !ok {
			b.Fatal("declined")
		}
		out, _ = AppendResponse(out[:0], &r, Accept{Deflate: &d})
	}
}
