package loop

import "golang.org/x/sys/unix"

// ReserveDescriptors makes the process's table of descriptors large enough for
// n, or as many as it may have. Linux doubles a full table when the next
// descriptor is asked for, and in a process of several threads the one that asks
// waits for a grace period of RCU: 6 to 13 ms were measured, in which a loop that
// accepts serves nobody. What is reserved costs the kernel 8 bytes each. If it
// fails nothing is lost but that time.
func ReserveDescriptors(n int) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return
	}
	fd, e := openSpare()
	if e != 0 {
		return
	}
	defer unix.Close(fd)
	last := int(min(uint64(n), limit.Cur)) - 1
	if high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, last); err == nil {
		unix.Close(high)
	}
}
