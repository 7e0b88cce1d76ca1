package proc

import (
	"fmt"
	"syscall"
)

// Files raises the limit of open descriptors to the hard one, for this
// process and those it starts, and gives it.
func Files() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("descriptor limit: %w", err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("descriptor limit: %w", err)
	}
	return int(min(limit.Cur, 1<<31-1)), nil
}

// NeedFiles fails, and says what to do, if fewer than n descriptors may be
// open at once.
func NeedFiles(n int) error {
	limit, err := Files()
	if err == nil && limit < n {
		err = fmt.Errorf("%d descriptors are needed and %d are allowed: run \"ulimit -n %d\" first (as root, if it is refused), or open fewer connections", n, limit, n)
	}
	return err
}
