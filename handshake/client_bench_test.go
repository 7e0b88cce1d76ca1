package handshake

import "testing"

// BenchmarkClient makes a request, and parses and checks the response to it.
func BenchmarkClient(b *testing.B) {
	request := clientRequest()
	head := []byte(raw("HTTP/1.1 101 Switching Protocols", accepted...))
	out := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		out, _ = AppendRequest(out[:0], request)
		var r Response
		if n, err := r.Parse(head, Limits{}); n != len(head) || err != nil {
			b.Fatal(n, err)
		}
		if err := r.Check(request); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewKey()
	}
}
