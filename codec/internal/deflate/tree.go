package deflate

import (
	"math/bits"
	"slices"
)

// tree counts symbols, and gives each a code that is the shorter the more often
// it comes.
type tree struct {
	count [literals]uint16
	code  [literals]code
}

// code has the bits of a symbol, in the order in which they are sent, and in
// its upper half their number.
type code uint32

func (c code) length() uint32 { return uint32(c >> 16) }
func (c code) bits() uint64   { return uint64(c & 0xffff) }

// build makes codes of at most that many bits for the first n symbols. It
// gives all those that come, and at least two, as some decoders want.
func (t *tree) build(n, most int) {
	var buf [literals]leaf
	leaves := buf[:0]
	for s, count := range t.count[:n] {
		if count > 0 {
			leaves = append(leaves, leaf(count)<<16|leaf(s))
		}
	}
	for s := 0; len(leaves) < 2; s++ {
		if t.count[s] == 0 {
			leaves = append(leaves, leaf(s))
		}
	}
	slices.Sort(leaves)
	var perLength [maxCodeLength + 1]int
	countLengths(leaves, &perLength, most)
	clear(t.code[:n])
	t.assign(leaves, &perLength, n)
}

// leaf is a symbol, behind how often it comes.
type leaf uint32

// countLengths counts how many codes of each length there are. It works in
// place, as Moffat and Katajainen have shown ("In-place calculation of
// minimum-redundancy codes", 1995).
func countLengths(leaves []leaf, perLength *[maxCodeLength + 1]int, most int) {
	n := len(leaves)
	var w [literals]uint32
	for i, l := range leaves {
		w[i] = uint32(l >> 16)
	}
	pairUp(w[:n])
	// From the root on, w has the depth of inner nodes.
	w[n-2] = 0
	for i := n - 3; i >= 0; i-- {
		w[i] = w[w[i]] + 1
	}
	free, used, inner, depth := 1, 0, n-2, uint32(0)
	for free > 0 {
		for inner >= 0 && w[inner] == depth {
			used++
			inner--
		}
		perLength[min(int(depth), most)] += free - used
		free, used, depth = 2*used, 0, depth+1
	}
	shorten(perLength, most)
}

// pairUp replaces weights in rising order by the parents of inner nodes.
func pairUp(w []uint32) {
	leaf, root := 0, 0
	take := func(next int) (weight uint32) {
		if leaf >= len(w) || root < next && w[root] < w[leaf] {
			weight, w[root] = w[root], uint32(next)
			root++
		} else {
			weight = w[leaf]
			leaf++
		}
		return weight
	}
	for next := range len(w) - 1 {
		weight := take(next)
		w[next] = weight + take(next)
	}
}

// shorten makes up for codes that were counted as shorter than they are: while
// there are more than can be told apart, a shorter one becomes longer.
func shorten(perLength *[maxCodeLength + 1]int, most int) {
	total := 0
	for length := 1; length <= most; length++ {
		total += perLength[length] << (most - length)
	}
	for ; total > 1<<most; total-- {
		length := most - 1
		for perLength[length] == 0 {
			length--
		}
		perLength[length]--
		perLength[length+1] += 2
		perLength[most]--
	}
}

// assign gives out the codes, RFC 1951 section 3.2.2.
func (t *tree) assign(leaves []leaf, perLength *[maxCodeLength + 1]int, n int) {
	i := len(leaves)
	for length, count := range perLength {
		for range count { // the most frequent symbols come last
			i--
			t.code[leaves[i]&0xffff] = code(length) << 16
		}
	}
	number(t.code[:n], perLength)
}

// number fills in the bits of codes that have their lengths.
func number(codes []code, perLength *[maxCodeLength + 1]int) {
	var next [maxCodeLength + 1]uint16
	for length := 1; length < maxCodeLength; length++ {
		next[length+1] = (next[length] + uint16(perLength[length])) << 1
	}
	for s, c := range codes {
		if length := c.length(); length > 0 {
			codes[s] |= code(bits.Reverse16(next[length]) >> (16 - length))
			next[length]++
		}
	}
}

// size gives the bits that the first n symbols take.
func (t *tree) size(n int) (bits int) {
	for s, count := range t.count[:n] {
		bits += int(count) * int(t.code[s].length())
	}
	return bits
}

// last gives the number of symbols up to the last one with a code, but at least
// least.
func (t *tree) last(n, least int) int {
	for n > least && t.code[n-1] == 0 {
		n--
	}
	return n
}
