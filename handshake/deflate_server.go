package handshake

// DeflatePolicy is what a server allows permessage-deflate to be. The zero
// value has both sides compress each message on its own, so that neither keeps
// anything between messages.
type DeflatePolicy struct {
	// ServerTakeover has the server refer to its earlier messages, unless the
	// client asks it not to.
	ServerTakeover bool

	// ClientTakeover allows the client to refer to its earlier messages, of
	// which the server then keeps as many bytes as the window has.
	ClientTakeover bool

	// ServerWindowBits is how far back the server refers at most: 8 to 15. 0,
	// like any other value, stands for 15.
	ServerWindowBits int

	// ClientWindowBits is how many bytes the server keeps at most for a client
	// that refers to earlier messages, in the same way. A client that has not
	// offered to limit its window may then not refer to them.
	ClientWindowBits int
}

// Deflate gives the answer to the first offer of permessage-deflate that can
// be accepted, for [Accept]. It is not ok if there is none: offers that are
// malformed, or ask for what RFC 7692 does not know, are passed over.
func (r *Request) Deflate(p DeflatePolicy) (answer Deflate, ok bool) {
	for _, e := range r.Extensions() {
		if offer, isOffer := asDeflateOffer(e); isOffer {
			return p.answer(offer), true
		}
	}
	return Deflate{}, false
}

func (p DeflatePolicy) answer(offer Deflate) Deflate {
	server, client := policyBits(p.ServerWindowBits), policyBits(p.ClientWindowBits)
	a := Deflate{
		ServerNoContextTakeover: offer.ServerNoContextTakeover || !p.ServerTakeover,
		ClientNoContextTakeover: offer.ClientNoContextTakeover || !p.ClientTakeover,
	}
	// Asked for, it must be confirmed even as 15, section 7.1.2.1.
	if bits := min(server, offer.ServerWindowBits()); offer.ServerMaxWindowBits != 0 || bits < maxWindowBits {
		a.ServerMaxWindowBits = bits
	}
	switch bits := min(client, offer.ClientWindowBits()); {
	case a.ClientNoContextTakeover || bits == maxWindowBits:
	case offer.ClientMaxWindowBits == 0: // nor may it be asked to, section 7.1.2.2
		a.ClientNoContextTakeover = true
	default:
		a.ClientMaxWindowBits = bits
	}
	return a
}

func policyBits(bits int) int {
	if invalidBits(bits) {
		return maxWindowBits
	}
	return windowBits(bits)
}
