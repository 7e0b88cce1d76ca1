package handshake

// Each parameter may come once, RFC 7692 section 7.1.
type deflateParams uint8

const (
	sawServerNoContextTakeover deflateParams = 1 << iota
	sawClientNoContextTakeover
	sawServerMaxWindowBits
	sawClientMaxWindowBits
)

func isDeflate(e Extension) bool { return is(e.Name, deflateName) }

// asDeflateOffer reads an offer of permessage-deflate. It is none that a server
// may accept, RFC 7692 section 7.1, if a parameter is unknown, repeated or has
// a bad value.
func asDeflateOffer(e Extension) (d Deflate, ok bool) {
	if !isDeflate(e) {
		return Deflate{}, false
	}
	var seen deflateParams
	for _, p := range e.Params {
		if is(p.Name, clientMaxWindowBits) && p.Value == "" {
			p.Value = "15"
		}
		if !d.set(p, &seen) {
			return Deflate{}, false
		}
	}
	return d, true
}

// parseDeflateAnswer reads an answer. It is not ok if a client must fail the
// connection, for the same reasons.
func parseDeflateAnswer(params []Param) (d Deflate, ok bool) {
	var seen deflateParams
	for _, p := range params {
		if !d.set(p, &seen) {
			return Deflate{}, false
		}
	}
	return d, true
}

func (d *Deflate) set(p Param, seen *deflateParams) (ok bool) {
	var param deflateParams
	switch {
	case is(p.Name, serverNoContextTakeover):
		param, ok = sawServerNoContextTakeover, p.Value == ""
		d.ServerNoContextTakeover = true
	case is(p.Name, clientNoContextTakeover):
		param, ok = sawClientNoContextTakeover, p.Value == ""
		d.ClientNoContextTakeover = true
	case is(p.Name, serverMaxWindowBits):
		param = sawServerMaxWindowBits
		d.ServerMaxWindowBits, ok = parseBits(p.Value)
	case is(p.Name, clientMaxWindowBits):
		param = sawClientMaxWindowBits
		d.ClientMaxWindowBits, ok = parseBits(p.Value)
	}
	ok = ok && *seen&param == 0
	*seen |= param
	return ok
}

// parseBits reads a number from 8 to 15 without leading zeros, RFC 7692
// section 7.1.2.
func parseBits(value string) (bits int, ok bool) {
	switch {
	case value == "8" || value == "9":
		return int(value[0] - '0'), true
	case len(value) == 2 && value[0] == '1' && '0' <= value[1] && value[1] <= '5':
		return 10 + int(value[1]-'0'), true
	}
	return 0, false
}
