package handshake

import (
	"encoding/base64"
	"testing"
)

func TestNewKey(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		key := NewKey()
		if !validKey(key) || seen[key] {
			t.Fatalf("%q is malformed or not new", key)
		}
		seen[key] = true
	}
}

// A key is valid exactly if strict base64 decodes it to 16 bytes.
func TestValidKey(t *testing.T) {
	keys := []string{
		"", testKey, testKey + "=", testKey[:23], "====" + testKey[4:], "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ=A",
		"dGhlIHNhbXBsZSBub25jZQA=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhl-HNhbXBs_SBub25jZQ==", "dGhlIHNhbXBsZSBub25 ZQ==", "dGhl\nHNhbXBsZSBub25jZQ==",
	}
	for c := range 256 {
		keys = append(keys, testKey[:21]+string([]byte{byte(c)})+"==", string([]byte{byte(c)})+testKey[1:])
	}
	for _, key := range keys {
		nonce, err := base64.StdEncoding.Strict().DecodeString(key)
		want := err == nil && len(nonce) == 16 && len(key) == keyLen
		if validKey(key) != want || validKey([]byte(key)) != want {
			t.Errorf("%q: not %v", key, want)
		}
	}
}

// The example of RFC 6455 section 1.3.
func TestAccept(t *testing.T) {
	got := string(appendAccept([]byte("x"), testKey))
	if got != "xs3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Error(got)
	}
}
