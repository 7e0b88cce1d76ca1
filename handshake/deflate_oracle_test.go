package handshake

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws/wsflate"
)

// The oracle reads RFC 7692 section 7.1 once more, from text and one rule at a
// time. It is for values whose grammar has been checked: then quotes and
// backslashes mean nothing, as what they quote must be a token.

// extensionText is a name and parameters, as name=value or name.
type extensionText []string

func splitExtensions(value string) (list []extensionText) {
	plain := strings.NewReplacer(`"`, "", `\`, "", " ", "", "\t", "").Replace(strings.ToLower(value))
	for e := range strings.SplitSeq(plain, ",") {
		if e != "" {
			list = append(list, strings.Split(e, ";"))
		}
	}
	return list
}

var (
	offerParam  = regexp.MustCompile(`^((server|client)_no_context_takeover|(server|client)_max_window_bits=([89]|1[0-5])|client_max_window_bits)$`)
	answerParam = regexp.MustCompile(`^((server|client)_no_context_takeover|(server|client)_max_window_bits=([89]|1[0-5]))$`)
)

// isDeflate reports whether e is permessage-deflate, each parameter once and
// of that form.
func (e extensionText) isDeflate(param *regexp.Regexp) bool {
	var names []string
	for _, p := range e[1:] {
		name, _, _ := strings.Cut(p, "=")
		if !param.MatchString(p) || slices.Contains(names, name) {
			return false
		}
		names = append(names, name)
	}
	return e[0] == "permessage-deflate"
}

func (e extensionText) has(name string) bool {
	return slices.ContainsFunc(e, func(p string) bool { return p == name || strings.HasPrefix(p, name+"=") })
}

// bits gives the number behind name; 15 if there is none.
func (e extensionText) bits(name string) int {
	for _, p := range e {
		if v, ok := strings.CutPrefix(p, name+"="); ok {
			n, _ := strconv.Atoi(v)
			return n
		}
	}
	return 15
}

// mayAnswer lists what a server's answer to that offer must observe.
func (answer extensionText) mayAnswer(offer extensionText) bool {
	const snct, smwb, cmwb = "server_no_context_takeover", "server_max_window_bits", "client_max_window_bits"
	for _, rule := range []bool{
		!offer.has(snct) || answer.has(snct),
		!offer.has(smwb) || answer.has(smwb),
		!offer.has(smwb) || answer.bits(smwb) <= offer.bits(smwb),
		!answer.has(cmwb) || offer.has(cmwb),
		!answer.has(cmwb) || answer.bits(cmwb) <= offer.bits(cmwb),
	} {
		if !rule {
			return false
		}
	}
	return true
}

// heedsPolicy lists what we have promised about an answer to that offer.
func (answer extensionText) heedsPolicy(offer extensionText, p DeflatePolicy) bool {
	const snct, cnct, smwb, cmwb = "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"
	cannotLimit := p.ClientWindowBits < 15 && !offer.has(cmwb)
	for _, rule := range []bool{
		answer.has(snct) == (offer.has(snct) || !p.ServerTakeover),
		answer.has(cnct) == (offer.has(cnct) || !p.ClientTakeover || cannotLimit),
		answer.bits(smwb) == min(p.ServerWindowBits, offer.bits(smwb)),
		answer.has(cnct) || answer.bits(cmwb) == min(p.ClientWindowBits, offer.bits(cmwb)),
		answer.has(smwb) == (offer.has(smwb) || p.ServerWindowBits < 15),
	} {
		if !rule {
			return false
		}
	}
	return true
}

// checkDeflateOffer checks the answer to a Sec-WebSocket-Extensions value.
func checkDeflateOffer(t *testing.T, value string, p DeflatePolicy) {
	var r Request
	head := request("Sec-WebSocket-Extensions: " + value)
	if o := parse(&r, []byte(head), Limits{}); o.n != len(head) {
		return
	}
	var offer extensionText
	for _, e := range splitExtensions(value) {
		if offer == nil && e.isDeflate(offerParam) {
			offer = e
		}
	}
	d, ok := r.Deflate(p)
	if ok != (offer != nil) {
		t.Fatalf("%q: answered %v, %+v, oracle %q", value, ok, d, offer)
	}
	if !ok {
		return
	}
	text := answerTo(t, value, p)
	answer := splitExtensions(text)[0]
	if !answer.isDeflate(answerParam) || !answer.mayAnswer(offer) || !answer.heedsPolicy(offer, p) {
		t.Fatalf("%q, %+v: answered %q", value, p, text)
	}
	req := clientRequest()
	req.Extensions = value
	agreed, ok, err := checkAnswer(t, req, text)
	if err != nil || !ok || agreed.ServerWindowBits() != d.ServerWindowBits() || agreed.ServerNoContextTakeover != d.ServerNoContextTakeover {
		t.Fatalf("%q: the client makes %+v %v %v of the answer %q", value, agreed, ok, err, text)
	}
}

// checkDeflateAnswer checks what a client makes of an answer.
func checkDeflateAnswer(t *testing.T, value string, offers []Deflate) {
	if !scanExtensions(value, nil) || strings.ContainsAny(value, "\r\n") {
		return
	}
	req := offering(offers...)
	sent := must(AppendRequest(nil, req))
	offered := splitExtensions(strings.Join(parsed(t, string(sent)).Headers("Sec-WebSocket-Extensions"), ","))
	accepted := splitExtensions(value)
	want := len(accepted) == 1 && accepted[0].isDeflate(answerParam) && slices.ContainsFunc(offered, accepted[0].mayAnswer)
	d, ok, err := checkAnswer(t, req, value)
	if (err == nil) != want || want && !ok {
		t.Fatalf("offered %+v, answered %q: %+v %v %v, oracle %v", offers, value, d, ok, err, want)
	}
}

// someOffers makes offers of what a fuzzer has: three bytes for each.
func someOffers(b []byte) (offers []Deflate) {
	bits := func(c byte) int {
		if c %= 9; c == 8 {
			return 0
		}
		return 8 + int(c)
	}
	for ; len(b) >= 3 && len(offers) < 4; b = b[3:] {
		offers = append(offers, Deflate{b[0]&1 != 0, b[0]&2 != 0, bits(b[1]), bits(b[2])})
	}
	return offers
}

func FuzzDeflateOffer(f *testing.F) {
	for _, value := range []string{
		"permessage-deflate", chromiumOffer, defaultAnswer,
		"permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits",
		`x;y=1, PERMESSAGE-deflate ;server_max_window_bits="1\5";client_max_window_bits=8,,`,
	} {
		for policy := range byte(4) {
			f.Add(value, policy, byte(4), byte(7))
		}
	}
	for _, params := range badDeflates {
		f.Add("permessage-deflate; "+params+", permessage-deflate", byte(3), byte(7), byte(0))
	}
	f.Fuzz(func(t *testing.T, value string, takeover, server, client byte) {
		checkDeflateOffer(t, value, DeflatePolicy{takeover&1 != 0, takeover&2 != 0, 8 + int(server&7), 8 + int(client&7)})
	})
}

func FuzzDeflateAnswer(f *testing.F) {
	for _, value := range []string{
		"permessage-deflate", defaultAnswer, "permessage-deflate; server_max_window_bits=10", "permessage-deflate; client_max_window_bits=10",
		`permessage-deflate;server_max_window_bits="8"; client_max_window_bits=9, permessage-deflate`,
	} {
		f.Add(value, []byte{0, 8, 7, 1, 2, 2})
		f.Add(value, []byte{0, 8, 8})
	}
	for _, params := range badDeflates {
		f.Add("permessage-deflate; "+params, []byte{0, 7, 7})
	}
	f.Fuzz(func(t *testing.T, value string, offers []byte) {
		checkDeflateAnswer(t, value, someOffers(offers))
	})
}

// TestEveryDeflate goes through all offers that are well-formed, and all
// policies, with the parameters in one order.
func TestEveryDeflate(t *testing.T) {
	bits := []string{"", "=8", "=11", "=15"}
	for n := range 4 * 4 * 5 {
		offer := "permessage-deflate"
		for i, name := range []string{"; server_no_context_takeover", "; client_no_context_takeover"} {
			if n>>i&1 != 0 {
				offer += name
			}
		}
		if server := n / 4 % 4; server > 0 {
			offer += "; server_max_window_bits" + bits[server]
		}
		if client := n / 16; client > 0 {
			offer += "; client_max_window_bits" + bits[client-1]
		}
		for policy := range 4 {
			for _, server := range []int{8, 10, 15} {
				for _, client := range []int{8, 10, 15} {
					checkDeflateOffer(t, offer, DeflatePolicy{policy&1 != 0, policy&2 != 0, server, client})
				}
			}
		}
	}
}

// Where wsflate of gobwas takes an offer that RFC 7692 section 7.1 has a
// server decline.
func TestStricterThanWsflate(t *testing.T) {
	for why, offer := range map[string]string{
		"repeated without a value": "permessage-deflate; client_max_window_bits; client_max_window_bits",
		"leading zero":             "permessage-deflate; server_max_window_bits=08",
	} {
		options, ok := httphead.ParseOptions([]byte(offer), nil)
		var p wsflate.Parameters
		if err := p.Parse(options[0]); !ok || err != nil {
			t.Errorf("%s: wsflate refuses too: %v", why, err)
		}
		if got := answerTo(t, offer, takeover); got != "" {
			t.Errorf("%s: answered %q", why, got)
		}
	}
}
