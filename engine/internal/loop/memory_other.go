//go:build !linux

package loop

// PhysicalMemory gives 0: it is not known.
func PhysicalMemory() int64 { return 0 }
