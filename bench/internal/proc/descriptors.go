package proc

import "os"

// Descriptors gives the number of descriptors that a process has open.
func Descriptors(pid int) (int, error) {
	open, err := os.ReadDir(path(pid, "fd"))
	return len(open), err
}
