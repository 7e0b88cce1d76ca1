package inflate

import "testing"

// blocksOfNothing take time and give nothing, each in its own way. work is what
// one counts for.
var blocksOfNothing = []struct {
	name string
	work int
	add  func(*writer) *writer
}{
	{"stored", blockWork, func(w *writer) *writer { return w.stored("") }},
	{"fixed", blockWork, func(w *writer) *writer { return w.fixed().end() }},
	{"dynamic", blockWork + tablesWork, func(w *writer) *writer { return w.shortest().end() }},
}

// Without patience left, no block is begun.
func TestPatience(t *testing.T) {
	const blocks, once = 100, 8
	for _, kind := range blocksOfNothing {
		w := new(writer)
		for range blocks {
			w = kind.add(w)
		}
		stream := w.stored("").stream
		var z Inflater
		z.Reset()
		calls, s := 0, Tired
		for ; s == Tired; calls++ {
			var n int
			z.Patience = once * kind.work
			_, n, s = z.Inflate(nil, stream, nil)
			stream = stream[n:]
		}
		if s != More || !z.Between() {
			t.Errorf("%s: status %d at the end", kind.name, s)
		}
		// The last blocks may be in the bits that were taken before.
		if want := blocks/once + 1; calls < want-1 || calls > want {
			t.Errorf("%s: %d blocks took %d calls, want %d", kind.name, blocks, calls, want)
		}
	}
}
