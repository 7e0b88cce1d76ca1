package loop

import "testing"

// BenchmarkSlots gives slots of a table of 100,000 connections back, and takes
// them again.
func BenchmarkSlots(b *testing.B) {
	var s slots
	conns := make([]Conn, 100_000)
	for i := range conns {
		s.put(&conns[i])
	}
	b.Run("remove and put", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			c := &conns[i%len(conns)]
			s.remove(c)
			s.put(c)
		}
	})
	b.Run("at", func(b *testing.B) {
		for i := int32(0); b.Loop(); i++ {
			if s.at(i%int32(len(conns))) == nil {
				b.Fatal("empty")
			}
		}
	})
}
