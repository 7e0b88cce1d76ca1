package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// KernelMemory gives the bytes that the kernel holds for sockets, and for all
// else that it keeps in small pieces: Slab of /proc/meminfo, and the pages of
// TCP's buffers, from /proc/net/sockstat. What it grows by while nothing but
// connections is added is theirs. TCP counts at least a page for a message on
// its way, so it is too much while there are many.
func KernelMemory() (int64, error) {
	slab, err := kilobytes("/proc/meminfo", "Slab")
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return 0, err
	}
	pages, err := tcpPages(text)
	return slab + pages*int64(os.Getpagesize()), err
}

// tcpPages finds the number in "TCP: inuse 5 orphan 0 tw 0 alloc 5 mem 3".
func tcpPages(sockstat []byte) (int64, error) {
	for line := range bytes.Lines(sockstat) {
		words := bytes.Fields(line)
		for i := range max(len(words)-1, 0) {
			if string(words[0]) == "TCP:" && string(words[i]) == "mem" {
				return strconv.ParseInt(string(words[i+1]), 10, 64)
			}
		}
	}
	return 0, fmt.Errorf("/proc/net/sockstat does not tell the pages of TCP's buffers")
}
