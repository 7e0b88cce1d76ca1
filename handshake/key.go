package handshake

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
)

const (
	keyLen    = 24 // base64 of 16 bytes
	acceptLen = 28 // base64 of a SHA-1 sum
)

// NewKey gives a random Sec-WebSocket-Key for a [ClientRequest]. Each
// connection needs its own.
func NewKey() string {
	var nonce [16]byte
	rand.Read(nonce[:])
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// validKey reports whether key is the base64 of 16 bytes, the only one there
// is: padded, and with no bits left over.
func validKey[T text](key T) bool {
	const digits = keyLen - len("==")
	return len(key) == keyLen &&
		skip(key, 0, base64Char) == digits &&
		string(key[digits:]) == "==" &&
		lastDigit(key[digits-1])
}

// lastDigit reports whether the lower four bits of a base64 digit are zero.
func lastDigit(c byte) bool { return c == 'A' || c == 'Q' || c == 'g' || c == 'w' }

// appendAccept appends the Sec-WebSocket-Accept for key, RFC 6455 section
// 4.2.2. SHA-1 is no weakness here: it proves that a WebSocket server has read
// the key, nothing else.
func appendAccept[T text](b []byte, key T) []byte {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	var challenge [keyLen + len(guid)]byte
	copy(challenge[copy(challenge[:], key):], guid)
	sum := sha1.Sum(challenge[:])
	return base64.StdEncoding.AppendEncode(b, sum[:])
}
