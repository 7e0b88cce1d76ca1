package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Listener finds the process that listens on a TCP port of this machine, if
// it is one of ours to look into: any of root's, else of the same user.
func Listener(port int) (pid int, err error) {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if text, err := os.ReadFile(table); err == nil {
			listening(text, port, inodes)
		}
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil && inodes[name] {
			return strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(link))))
		}
	}
	return 0, fmt.Errorf("found no process that listens on port %d", port)
}

// listening adds the sockets that listen on port, as /proc/PID/fd names them:
// "socket:[inode]".
func listening(table []byte, port int, inodes map[string]bool) {
	const local, state, inode, listen = 1, 3, 9, "0A"
	suffix := fmt.Appendf(nil, ":%04X", port)
	for line := range bytes.Lines(table) {
		f := bytes.Fields(line)
		if len(f) > inode && string(f[state]) == listen && bytes.HasSuffix(f[local], suffix) {
			inodes["socket:["+string(f[inode])+"]"] = true
		}
	}
}
