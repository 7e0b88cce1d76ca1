//go:build !linux

package loop

// ReserveDescriptors is for Linux, where a table of descriptors that grows makes
// its process wait.
func ReserveDescriptors(int) {}
