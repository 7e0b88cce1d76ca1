package handshake

import (
	"fmt"
	"strings"
	"testing"
)

// Every fault of a request. A head ends with the byte that decides, so that
// without it nothing is decided yet; complete heads may be decided before.
func TestRequestRefused(t *testing.T) {
	start := "GET / HTTP/1.1\r\n"
	for name, tc := range map[string]struct {
		head string // ends with the byte that decides
		want *fault
	}{
		"empty line first":            {"\r", badMethod},
		"space first":                 {" ", badMethod},
		"TLS":                         {"\x16", badMethod},
		"NUL in method":               {"GE\x00", badMethod},
		"LF in method":                {"GET\n", badMethod},
		"POST":                        {"PO", otherMethod},
		"PUT":                         {"PU", otherMethod},
		"nearly PROXY":                {"PROXYS", otherMethod},
		"PROXY protocol":              {"PROXY ", proxyHeader},
		"lower case":                  {"g", otherMethod},
		"longer method":               {"GETT", otherMethod},
		"shorter method":              {"GE ", otherMethod},
		"HTTP/2 preface":              {"PRI", otherMethod},
		"no target":                   {"GET  ", badTarget},
		"HTTP/0.9":                    {"GET /\r", noVersion},
		"HTTP/0.9 with LF":            {"GET /\n", noVersion},
		"tab in target":               {"GET /\t", badTarget},
		"NUL in target":               {"GET /\x00", badTarget},
		"DEL in target":               {"GET /\x7f", badTarget},
		"UTF-8 in target":             {"GET /\xc3", badTarget},
		"fragment":                    {"GET /a#", badTarget},
		"space in target":             {"GET /a b", badVersion},
		"asterisk-form":               {"GET * ", badTarget},
		"authority-form":              {"GET example.com:80 ", badTarget},
		"relative":                    {"GET chat ", badTarget},
		"query alone":                 {"GET ?a ", badTarget},
		"bad escape":                  {"GET /%zz ", badTarget},
		"short escape":                {"GET /a%2 ", badTarget},
		"escape over the query":       {"GET /a%2?0 ", badTarget},
		"ws scheme":                   {"GET ws://example.com/ ", badTarget},
		"no authority":                {"GET http:///chat ", badTarget},
		"userinfo":                    {"GET http://a@example.com/ ", badTarget},
		"bad authority":               {"GET http://exa<mple.com/ ", badTarget},
		"bad path after authority":    {"GET http://example.com/% ", badTarget},
		"HTTP/1.0":                    {"GET / HTTP/1.0", otherVersion},
		"HTTP/1.2":                    {"GET / HTTP/1.2", otherVersion},
		"HTTP/2.0":                    {"GET / HTTP/2", otherVersion},
		"HTTP/1.10":                   {"GET / HTTP/1.10", badVersion},
		"HTTP/11":                     {"GET / HTTP/11", badVersion},
		"http/1.1":                    {"GET / h", badVersion},
		"other protocol":              {"GET / R", badVersion},
		"letter in version":           {"GET / HTTP/1.x", badVersion},
		"space after version":         {"GET / HTTP/1.1 ", badVersion},
		"LF after version":            {"GET / HTTP/1.1\n", bareLF},
		"CR after version":            {"GET / HTTP/1.1\r\r", bareCR},
		"fold first":                  {start + " ", foldedLine},
		"folded line":                 {start + "Host: example.com\r\n\t", foldedLine},
		"empty name":                  {start + ":", badName},
		"space before colon":          {start + "Host ", spacedName},
		"tab before colon":            {start + "Host\t", spacedName},
		"no colon":                    {start + "Host\r", badName},
		"no colon, LF":                {start + "Host\n", bareLF},
		"LF for the empty line":       {start + "\n", bareLF},
		"NUL in name":                 {start + "Ho\x00", badName},
		"UTF-8 in name":               {start + "H\xc3", badName},
		"separator in name":           {start + "Ho(", badName},
		"NUL in value":                {start + "A: b\x00", badByte},
		"DEL in value":                {start + "A: b\x7f", badByte},
		"ESC in value":                {start + "A: 0123456789\x1b", badByte},
		"LF in value":                 {start + "A: b\n", bareLF},
		"CR in value":                 {start + "A: b\rc", bareCR},
		"CR CR LF":                    {start + "A: b\r\r", bareCR},
		"CR at the end":               {start + "A: b\r\n\rc", bareCR},
		"no Host":                     {without(theHost), noHost},
		"no header":                   {start + "\r\n", noHost},
		"two Hosts":                   {without(theHost, "Host: a", "host: a"), repeatedHost},
		"empty Host":                  {without(theHost, "Host: "), badHost},
		"Host with path":              {without(theHost, "Host: a/b"), badHost},
		"Host with userinfo":          {without(theHost, "Host: a@b"), badHost},
		"two names in Host":           {without(theHost, "Host: a, b"), badHost},
		"bad Host beside absolute":    {raw("GET http://a/ HTTP/1.1", "Host: ?"), badHost},
		"absolute without Host":       {raw("GET http://a/ HTTP/1.1", minimum[theUpgrade:]...), noHost},
		"two Origins":                 {request("Origin: https://example.com", "Origin: https://example.com"), repeatedOrigin},
		"plain GET":                   {raw("GET / HTTP/1.1", "Host: example.com", "Accept: */*"), noUpgrade},
		"no Upgrade":                  {without(theUpgrade), noUpgrade},
		"other Upgrade":               {without(theUpgrade, "Upgrade: h2c"), noUpgrade},
		"websocket of a version":      {without(theUpgrade, "Upgrade: websocket/13"), noUpgrade},
		"longer Upgrade":              {without(theUpgrade, "Upgrade: websockets"), noUpgrade},
		"Kelvin sign":                 {without(theUpgrade, "Upgrade: websoc\u212aet"), badUpgrade},
		"two words in Upgrade":        {without(theUpgrade, "Upgrade: h2c websocket"), badUpgrade},
		"no version after slash":      {without(theUpgrade, "Upgrade: h2c/"), badUpgrade},
		"no Connection":               {without(theConnection), noConnection},
		"keep-alive":                  {without(theConnection, "Connection: keep-alive"), noConnection},
		"bad Connection":              {without(theConnection, "Connection: Upgrade;q=1"), badConnection},
		"slash in Connection":         {without(theConnection, "Connection: a/b, Upgrade"), badConnection},
		"no version":                  {without(theVersion), noWSVersion},
		"version 8":                   {without(theVersion, "Sec-WebSocket-Version: 8"), otherWSVersion},
		"empty version":               {without(theVersion, "Sec-WebSocket-Version:"), otherWSVersion},
		"two in version":              {without(theVersion, "Sec-WebSocket-Version: 13, 8"), otherWSVersion},
		"leading zero":                {without(theVersion, "Sec-WebSocket-Version: 013"), otherWSVersion},
		"two versions":                {request("Sec-WebSocket-Version: 13"), repeatedWSVersion},
		"no key":                      {without(theKey), noKey},
		"empty key":                   {without(theKey, "Sec-WebSocket-Key:"), badKey},
		"short key":                   {without(theKey, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ=="), badKey},
		"15 bytes":                    {without(theKey, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"), badKey},
		"two keys":                    {request("Sec-WebSocket-Key: " + testKey), repeatedKey},
		"empty subprotocol":           {request("Sec-WebSocket-Protocol:"), badSubprotocol},
		"only commas":                 {request("Sec-WebSocket-Protocol: ,,"), badSubprotocol},
		"bad subprotocol":             {request("Sec-WebSocket-Protocol: a b"), badSubprotocol},
		"quoted subprotocol":          {request(`Sec-WebSocket-Protocol: "a"`), badSubprotocol},
		"repeated subprotocol":        {request("Sec-WebSocket-Protocol: a, b, a"), repeatedOffer},
		"repeated on two lines":       {request("Sec-WebSocket-Protocol: a, b", "X: y", "Sec-WebSocket-Protocol: c, b"), repeatedOffer},
		"33 subprotocols":             {request("Sec-WebSocket-Protocol: " + numbered(33)), tooManyOffers},
		"bad extension":               {request("Sec-WebSocket-Extensions: a;"), badExtension},
		"chunked":                     {request("Transfer-Encoding: chunked"), hasCoding},
		"identity":                    {request("Transfer-Encoding: identity"), hasCoding},
		"body":                        {request("Content-Length: 5"), hasBody},
		"two lengths":                 {request("Content-Length: 0, 0"), hasBody},
		"signed length":               {request("Content-Length: +0"), hasBody},
		"Trailer":                     {request("Trailer: Digest"), hasTrailer},
		"Expect":                      {request("Expect: 100-continue"), hasExpectation},
		"Transfer-Encoding, any case": {request("tRANSFER-eNCODING: chunked"), hasCoding},
	} {
		t.Run(name, func(t *testing.T) {
			r, o, _ := everyWay(t, newRequest, []byte(tc.head), Limits{})
			want := outcome{problem: fmt.Sprintf("*handshake.Rejection: handshake: rejected with %d: %s", tc.want.status, tc.want.text)}
			if o != want {
				t.Fatalf("%q: %v, want %v", tc.head, o, want)
			}
			if strings.Contains(tc.head, "\r\n\r\n") {
				return // the tables' heads go on after the line that decides
			}
			if before := parse(newRequest(), []byte(tc.head[:len(tc.head)-1]), Limits{}); before != (outcome{}) {
				t.Fatalf("%q decided before its last byte: %v", tc.head, before)
			}
			if r.Host() != "" || r.Method() != "" {
				t.Fatal("a refused request gives values")
			}
		})
	}
}

// A fault in a header is found at the end of its line, whatever is missing.
func TestRequestFaultDecidedByLine(t *testing.T) {
	line := "GET / HTTP/1.1\r\nHost: a/b\r\n"
	_, o, decided := everyWay(t, newRequest, []byte(line+"Upgrade: websocket\r\n"), Limits{})
	if o.problem == "" || decided != len(line) {
		t.Fatalf("%v after %d bytes", o, decided)
	}
}
