package handshake

// check checks one header of a request, where it means something here.
func (r *Request) check(b, name []byte, value span) *fault {
	switch v := value.in(b); {
	case is(name, "host"):
		return r.checkHost(v, value)
	case is(name, "origin"):
		r.origin = value
		return r.once(sawOrigin, repeatedOrigin)
	case is(name, "upgrade"):
		return r.listed(sawUpgrade, v, "websocket", isProtocol, badUpgrade)
	case is(name, "connection"):
		return r.listed(sawConnection, v, "upgrade", isToken[[]byte], badConnection)
	case is(name, "sec-websocket-key"):
		return r.checkKey(v, value)
	case is(name, "sec-websocket-version"):
		return r.checkVersion(v)
	case is(name, "sec-websocket-protocol"):
		return r.checkOffers(b, v)
	case is(name, "sec-websocket-extensions"):
		return unless(scanExtensions(v, nil), badExtension)
	case is(name, "transfer-encoding"):
		return hasCoding
	case is(name, "content-length"):
		return unless(string(v) == "0", hasBody)
	case is(name, "trailer"):
		return hasTrailer
	case is(name, "expect"):
		return hasExpectation
	}
	return nil
}

// missing checks, at the end of the head, that all is there.
func (r *Request) missing() *fault {
	for _, need := range [...]struct {
		header headerSet
		fault  *fault
	}{
		{sawHost, noHost},
		{sawUpgrade, noUpgrade},
		{sawConnection, noConnection},
		{sawVersion, noWSVersion},
		{sawKey, noKey},
	} {
		if r.seen&need.header == 0 {
			return need.fault
		}
	}
	return nil
}

func (r *Request) checkHost(v []byte, at span) *fault {
	if r.host == (span{}) { // else the target has one, which counts
		r.host = at
	}
	if f := r.once(sawHost, repeatedHost); f != nil {
		return f
	}
	return unless(validHost(v), badHost)
}

func (r *Request) checkKey(v []byte, at span) *fault {
	r.key = at
	if f := r.once(sawKey, repeatedKey); f != nil {
		return f
	}
	return unless(validKey(v), badKey)
}

func (r *Request) checkVersion(v []byte) *fault {
	if f := r.once(sawVersion, repeatedWSVersion); f != nil {
		return f
	}
	return unless(string(v) == "13", otherWSVersion)
}

func (r *Request) once(h headerSet, repeated *fault) *fault {
	if r.seen&h != 0 {
		return repeated
	}
	r.seen |= h
	return nil
}

// listed marks h as seen once one of its lists holds word.
func (r *Request) listed(h headerSet, list []byte, word string, valid func([]byte) bool, malformed *fault) *fault {
	found, ok := listed(list, word, valid)
	if found {
		r.seen |= h
	}
	return unless(ok, malformed)
}

func unless(ok bool, f *fault) *fault {
	if ok {
		return nil
	}
	return f
}
