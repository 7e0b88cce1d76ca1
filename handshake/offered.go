package handshake

// fit reports whether a server may accept those of the extensions offered. It
// may accept permessage-deflate once, with parameters that answer an offer; of
// others the names are compared.
func fit(accepted, offered []Extension) bool {
	deflates := 0
	for _, e := range accepted {
		if !isDeflate(e) {
			if !hasExtension(offered, e.Name) {
				return false
			}
			continue
		}
		if _, ok := agreedDeflate(e.Params, offered); !ok || deflates > 0 {
			return false
		}
		deflates++
	}
	return true
}

func hasExtension(list []Extension, name string) bool {
	for _, e := range list {
		if is(e.Name, name) {
			return true
		}
	}
	return false
}

// offered gives the extensions that r offers.
func (r *ClientRequest) offered() (list []Extension) {
	for _, d := range r.Deflate {
		offer, _ := parseExtensions(d.appendOffer(nil))
		list = append(list, offer...)
	}
	more, _ := parseExtensions(r.Extensions)
	return append(list, more...)
}
