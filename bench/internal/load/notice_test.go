package load

import "testing"

func TestNoticesParseOnlyWhole(t *testing.T) {
	for _, size := range []int{MinBroadcast, MinBroadcast + 1, 125, 70_000} {
		n := newNotices(size)
		b := n.append(nil, 7, 12345)
		if seq, at, ok := n.parse(b); len(b) != size || seq != 7 || at != 12345 || !ok {
			t.Fatalf("%d B: message %d of %v, %v", len(b), seq, at, ok)
		}
		if _, _, ok := n.parse(append(b, 0)); ok {
			t.Errorf("%d B: parses at another length", size)
		}
		for i := 0; i < size; i += max(1, size/1000) {
			b[i] ^= 0x10
			if _, _, ok := n.parse(b); ok {
				t.Errorf("%d B: parses with byte %d changed", size, i)
			}
			if _, _, ok := n.parse(b[:i]); ok {
				t.Errorf("%d B: parses when cut at %d", size, i)
			}
			b[i] ^= 0x10
		}
	}
}
