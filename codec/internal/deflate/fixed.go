package deflate

// Codes of fixed blocks, RFC 1951 section 3.2.6. Of the 288 symbols that have
// codes the last two are never sent.
var (
	fixedLiteral = func() (codes [literals]code) {
		for s := range codes {
			codes[s] = code(fixedLength(s)) << 16
		}
		number(codes[:], &[maxCodeLength + 1]int{7: 24, 8: 152, 9: 112})
		return codes
	}()
	fixedDistance = func() (codes [literals]code) {
		for s := range distances {
			codes[s] = fixedDistanceLength << 16
		}
		number(codes[:distances], &[maxCodeLength + 1]int{fixedDistanceLength: 32})
		return codes
	}()
)

const fixedDistanceLength = 5

func fixedLength(symbol int) int {
	switch {
	case symbol < 144:
		return 8
	case symbol < 256:
		return 9
	case symbol < 280:
		return 7
	}
	return 8
}

// fixedSize gives the bits of the codes if they are the fixed ones.
func (b *block) fixedSize() (bits int) {
	for s, count := range b.literal.count {
		bits += int(count) * int(fixedLiteral[s].length())
	}
	for _, count := range b.distance.count[:distances] {
		bits += int(count) * fixedDistanceLength
	}
	return bits
}
