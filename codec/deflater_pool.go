package codec

import "sync"

// idleDeflaters are those that nobody uses, by level and window. The garbage
// collector takes them when they have not been used for a while.
var idleDeflaters [10][16]sync.Pool

// GetDeflater lends a [Deflater] from a pool that the whole program shares, or
// makes one as [NewDeflater] does. It is safe for concurrent use.
func GetDeflater(level, windowBits int) (*Deflater, error) {
	if level < 1 || level > 9 || windowBits < 8 || windowBits > 15 {
		return nil, ErrDeflater
	}
	if z, ok := idleDeflaters[level][windowBits].Get().(*Deflater); ok {
		return z, nil
	}
	return NewDeflater(level, windowBits)
}

// PutDeflater gives back what [GetDeflater] lent. It must not be used after
// that.
func PutDeflater(z *Deflater) { idleDeflaters[z.level][z.windowBits].Put(z) }
