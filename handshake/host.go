package handshake

// splitHost cuts host[:port] in two; port is empty if there is none. It is
// not ok if host is empty or is neither a name of unreserved characters nor in
// the brackets of an IPv6 address, or if port is not a number from 1 to 65535.
// RFC 3986 allows names with more characters, and empty ports; nothing on the
// web is called so.
func splitHost(s []byte) (host, port []byte, ok bool) {
	end := hostEnd(s)
	host, port = s[:end], s[end:]
	if end == 0 || len(port) == 0 {
		return host, nil, end > 0
	}
	port = port[1:]
	return host, port, s[end] == ':' && validPort(port)
}

// hostEnd gives the length of the host that s begins with, 0 if it has none.
func hostEnd(s []byte) int {
	if len(s) == 0 || s[0] != '[' {
		return skip(s, 0, hostChar)
	}
	colons, i := 0, 1
	for ; i < len(s) && (classes[s[i]]&hexChar != 0 || s[i] == ':' || s[i] == '.'); i++ {
		if s[i] == ':' {
			colons++
		}
	}
	if colons < 2 || i == len(s) || s[i] != ']' {
		return 0
	}
	return i + 1
}

func validHost(s []byte) bool {
	_, _, ok := splitHost(s)
	return ok
}

// validPort refuses leading zeros, so that equal ports are equal bytes.
func validPort(p []byte) bool {
	if len(p) == 0 || len(p) > 5 || p[0] == '0' || !all(p, digitChar) {
		return false
	}
	return len(p) < 5 || string(p) <= "65535"
}
