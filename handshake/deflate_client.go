package handshake

// Deflate gives the parameters of permessage-deflate that r, which
// [Response.Check] has found to accept req, and req's own promises agree on. It
// is not ok if the server does not use the extension.
//
// If the answer fits several of req's offers, which of them the server has
// taken cannot be known, and the promises of all are given.
func (r *Response) Deflate(req *ClientRequest) (d Deflate, ok bool) {
	for _, e := range r.Extensions() {
		if isDeflate(e) {
			return agreedDeflate(e.Params, req.offered())
		}
	}
	return Deflate{}, false
}

// agreedDeflate reads the parameters of an answer, and adds what the client
// has promised by the offers that it is an answer to. It is not ok if there are
// none of these.
func agreedDeflate(params []Param, offered []Extension) (agreed Deflate, ok bool) {
	answer, ok := parseDeflateAnswer(params)
	if !ok {
		return Deflate{}, false
	}
	agreed, ok = answer, false
	for _, e := range offered {
		if offer, isOffer := asDeflateOffer(e); isOffer && answer.answers(offer) {
			agreed.promise(offer)
			ok = true
		}
	}
	return agreed, ok
}

// fits reports whether a server may answer one of the offers with d.
func (d Deflate) fits(offered []Extension) bool {
	if d.invalid() {
		return false
	}
	for _, e := range offered {
		if offer, isOffer := asDeflateOffer(e); isOffer && d.answers(offer) {
			return true
		}
	}
	return false
}

// answers reports whether a server may answer that offer with d, RFC 7692
// sections 7.1.1 and 7.1.2.
func (d Deflate) answers(offer Deflate) bool {
	switch {
	case offer.ServerNoContextTakeover && !d.ServerNoContextTakeover:
		return false
	case offer.ServerMaxWindowBits != 0 && (d.ServerMaxWindowBits == 0 || d.ServerMaxWindowBits > offer.ServerMaxWindowBits):
		return false
	}
	return d.ClientMaxWindowBits <= offer.ClientMaxWindowBits
}

// promise adds what a client promises by offering.
func (d *Deflate) promise(offer Deflate) {
	d.ClientNoContextTakeover = d.ClientNoContextTakeover || offer.ClientNoContextTakeover
	if bits := offer.ClientWindowBits(); bits < d.ClientWindowBits() {
		d.ClientMaxWindowBits = bits
	}
}
