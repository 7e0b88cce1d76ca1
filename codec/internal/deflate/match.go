package deflate

import (
	"encoding/binary"
	"math/bits"
)

const (
	minMatch = 4 // DEFLATE has shorter ones; they hardly pay, and cost time
	maxMatch = 258

	maxHashBits = 15
	minHashBits = 9
)

// effort is how hard a level tries.
type effort struct {
	chain int // places to compare with
	lazy  int // a match shorter than this may yield to one a byte later
	nice  int // a match as long as this ends the search

	indexed int // of a history, even for the shortest message
}

var efforts = [MaxLevel + 1]effort{
	1: {chain: 1, indexed: 4 << 10},
	2: {chain: 2, nice: 32, indexed: 4 << 10},
	3: {chain: 4, lazy: 8, nice: 32, indexed: 4 << 10},
	4: {chain: 8, lazy: 16, nice: 64, indexed: 8 << 10},
	5: {chain: 16, lazy: 32, nice: 128, indexed: 8 << 10},
	6: {chain: 32, lazy: 64, nice: 258, indexed: 16 << 10},
	7: {chain: 64, lazy: 128, nice: 258, indexed: maxWindow},
	8: {chain: 256, lazy: 258, nice: 258, indexed: maxWindow},
	9: {chain: 1024, lazy: 258, nice: 258, indexed: maxWindow},
}

// matcher finds where the next bytes have stood before.
//
// Places are counted over all messages, and wrap around. A place is looked at
// only if it is as near as the message's start, so that what is left of earlier
// messages needs no clearing. Once in 4 GiB such a place may seem near; it does
// no harm, as bytes are compared before they are referred to.
type matcher struct {
	effort
	window int
	base   uint32 // place of src[0]
	shift  uint8  // 32 less the bits of a hash

	head [1 << maxHashBits]uint32 // by hash, the latest place
	prev [maxWindow]uint16        // by place, how far back the one before is
}

// begin prepares for a message with its history of n bytes in all. A short one
// uses a part of the table, which stays in the processor's cache.
func (m *matcher) begin(n int) {
	m.shift = uint8(32 - min(max(bits.Len(uint(n)), minHashBits), maxHashBits))
}

// end is after a message of which the n last bytes count from base.
func (m *matcher) end(n int) { m.base += uint32(n) }

func load32(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }

func (m *matcher) hash(v uint32) uint32 { return (v * 2654435761) >> (m.shift & 31) }

// index takes note of src[:n].
func (m *matcher) index(src []byte, n int) {
	if m.chain > 1 {
		m.insert(src, 0, n)
		return
	}
	for i := range min(n, len(src)-minMatch+1) {
		m.seen(load32(src, i), m.base+uint32(i))
	}
}

// insert takes note of the places from i to end.
func (m *matcher) insert(src []byte, i, end int) {
	end = min(end, len(src)-minMatch+1)
	for ; i < end; i++ {
		m.enter(m.hash(load32(src, i)), m.base+uint32(i))
	}
}

// enter makes place the latest of that hash, and gives how far back the one
// before is.
func (m *matcher) enter(hash, place uint32) (back uint32) {
	head := &m.head[hash&(1<<maxHashBits-1)]
	back = place - *head
	*head = place
	m.prev[place%maxWindow] = uint16(min(back, 0xffff))
	return back
}

// tokens fills t with what src[from:] is made of, until t is full or src ends,
// and returns how far it came.
func (m *matcher) tokens(t *block, src []byte, from int) (to int) {
	t.n = 0
	if m.chain == 1 {
		return m.greedy(t, src, from)
	}
	return m.thorough(t, src, from)
}

// greedy takes the latest place that has the same four bytes. It takes ever
// larger steps where nothing repeats.
func (m *matcher) greedy(t *block, src []byte, from int) int {
	i, unsent := from, from
	last := len(src) - minMatch
	for i <= last {
		v := load32(src, i)
		back := m.seen(v, m.base+uint32(i))
		if uint(back-1) >= uint(min(m.window, i)) || load32(src, i-back) != v {
			i += 1 + (i-unsent)>>6
			if i-unsent >= maxTokens-t.n-1 {
				return t.literals(src, unsent, min(i, len(src)))
			}
			continue
		}
		n := minMatch + common(src[i-back+minMatch:], src[i+minMatch:min(i+maxMatch, len(src))])
		for i > unsent && back < i && n < maxMatch && src[i-1] == src[i-back-1] {
			i, n = i-1, n+1
		}
		t.literals(src, unsent, i)
		t.add(matchToken(n, back))
		i += n
		unsent = i
		if i <= last {
			m.seen(load32(src, i-2), m.base+uint32(i-2))
		}
		if t.n >= maxTokens-1 {
			return i
		}
	}
	return t.literals(src, unsent, len(src))
}

// seen makes place the latest of these bytes, for greedy, and gives how far
// back the one before is.
func (m *matcher) seen(v, place uint32) (back int) {
	head := &m.head[m.hash(v)&(1<<maxHashBits-1)]
	back = int(place - *head)
	*head = place
	return back
}

// common counts the bytes that a and b, which is not longer, begin with alike.
func common(a, b []byte) (n int) {
	a = a[:len(b)]
	for len(b)-n >= 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
		n += 8
	}
	for n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// thorough looks at several places, and whether a longer match begins a byte
// later.
func (m *matcher) thorough(t *block, src []byte, from int) int {
	i := from
	last := len(src) - minMatch
	var n, back int // match at i, of those that were looked for
	for i <= last && t.n < maxTokens-1 {
		if n == 0 {
			n, back = m.longest(src, i, minMatch-1)
		}
		if n == 0 {
			t.add(token(src[i]))
			i++
			continue
		}
		next := i + 1 // the first place not taken note of
		if n < m.lazy && i < last {
			if longer, further := m.longest(src, i+1, n); longer > 0 {
				t.add(token(src[i]))
				i, n, back = i+1, longer, further
				continue
			}
			next++
		}
		m.insert(src, next, i+n)
		t.add(matchToken(n, back))
		i, n = i+n, 0
	}
	if i > last {
		return t.literals(src, i, len(src))
	}
	return i
}

// longest finds a match for src[i:] of more than best bytes, and takes note of
// i. n is 0 if there is none.
func (m *matcher) longest(src []byte, i, best int) (n, back int) {
	place, v := m.base+uint32(i), load32(src, i)
	step := m.enter(m.hash(v), place) // may be anything; those after it are below 1<<16
	reach := uint32(min(m.window, i))
	ahead := src[i:min(i+maxMatch, len(src))]
	at := uint32(0)
	for range m.chain {
		at += step
		if step == 0 || at > reach || best >= len(ahead) {
			break
		}
		candidate := src[i-int(at):]
		if candidate[best] == ahead[best] && load32(candidate, 0) == v {
			if k := common(candidate, ahead); k > best {
				best, n, back = k, k, int(at)
				if n >= m.nice {
					break
				}
			}
		}
		step = uint32(m.prev[(place-at)%maxWindow])
	}
	return n, back
}
