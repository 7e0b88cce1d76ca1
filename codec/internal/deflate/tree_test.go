package deflate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// kraft adds up the shares of the code space, in 2^-15ths.
func kraft(t *tree, n int) (sum int) {
	for _, c := range t.code[:n] {
		if c.length() > 0 {
			sum += 1 << (maxCodeLength - c.length())
		}
	}
	return sum
}

// Codes must be complete, within their limit, and not longer for what is more
// frequent.
func checkTree(t *testing.T, tree *tree, n, most int) {
	t.Helper()
	if sum := kraft(tree, n); sum != 1<<maxCodeLength {
		t.Fatalf("%v: codes take %d of %d", tree.count[:n], sum, 1<<maxCodeLength)
	}
	for i, a := range tree.code[:n] {
		if int(a.length()) > most || tree.count[i] > 0 && a.length() == 0 {
			t.Fatalf("%v: code of %d bits for %d", tree.count[:n], a.length(), i)
		}
		for j, b := range tree.code[:n] {
			if tree.count[i] > tree.count[j] && b.length() > 0 && a.length() > b.length() {
				t.Fatalf("%v: %d has %d bits, %d has %d", tree.count[:n], i, a.length(), j, b.length())
			}
		}
	}
}

func TestTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for n := 2; n <= literals; n += 1 + n/8 {
		for _, most := range []int{maxLengthBits, maxCodeLength} {
			if n > 1<<most {
				continue
			}
			for range 50 {
				var tree tree
				for s := range n {
					if rng.IntN(3) > 0 {
						tree.count[s] = uint16(rng.IntN(1 << rng.IntN(14)))
					}
				}
				tree.build(n, most)
				checkTree(t, &tree, n, most)
			}
		}
	}
}

// Counts like Fibonacci's numbers make the longest codes.
func TestTreeOfLongCodes(t *testing.T) {
	var tree tree
	tree.count[0], tree.count[1] = 1, 1
	for s := 2; s < 22; s++ {
		tree.count[s] = tree.count[s-1] + tree.count[s-2]
	}
	for _, most := range []int{5, maxLengthBits, maxCodeLength} {
		tree.build(22, most)
		checkTree(t, &tree, 22, most)
	}
}

// Without a limit that matters the codes must be the shortest: as long in sum
// as those of Huffman's own way.
func TestTreeIsOptimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		var tree tree
		var weights []int
		for s := range 2 + rng.IntN(100) {
			tree.count[s] = uint16(1 + rng.IntN(40))
			weights = append(weights, int(tree.count[s]))
		}
		tree.build(literals, maxCodeLength)
		if got, want := tree.size(literals), huffmanSize(weights); got != want {
			t.Fatalf("%v: %d bits, not %d", weights, got, want)
		}
	}
}

// huffmanSize joins the two least again and again.
func huffmanSize(weights []int) (bits int) {
	for len(weights) > 1 {
		slices.Sort(weights)
		weights[1] += weights[0]
		weights = weights[1:]
		bits += weights[0]
	}
	return bits
}

func TestTreeOfNothing(t *testing.T) {
	var tree tree
	tree.build(distances, maxCodeLength)
	checkTree(t, &tree, distances, maxCodeLength)
	tree.count[17] = 5
	tree.build(distances, maxCodeLength)
	checkTree(t, &tree, distances, maxCodeLength)
}

// Lengths and distances must be taken apart as the tables of RFC 1951 say.
func TestParts(t *testing.T) {
	for length := 3; length <= maxMatch; length++ {
		p := lengthParts[length-3]
		checkPart(t, length, p, 3, lengthFirst, lengthExtra)
	}
	for d := 1; d <= maxWindow; d++ {
		p := distancePart(uint32(d - 1))
		checkPart(t, d, p, 1, distanceFirst, distanceExtra)
	}
}

func checkPart(t *testing.T, v int, p part, least int, first, extra []int) {
	t.Helper()
	s := len(first) - 1
	for first[s] > v {
		s--
	}
	if int(p.symbol) != s || int(p.extra) != extra[s] || int(p.first)+least != first[s] {
		t.Fatalf("%d is %+v, not symbol %d from %d with %d extra bits", v, p, s, first[s], extra[s])
	}
}

func TestTokens(t *testing.T) {
	for _, length := range []int{3, 4, 257, 258} {
		for _, distance := range []int{1, 2, 32767, 32768} {
			token := matchToken(length, distance)
			if token < isMatch || int(token.length())+3 != length || int(token.distance())+1 != distance {
				t.Errorf("%d, %d: %x", length, distance, token)
			}
		}
	}
}
