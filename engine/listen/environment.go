package listen

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// firstFD is the first descriptor that systemd passes, SD_LISTEN_FDS_START.
const firstFD = 3

// maxSockets is far beyond what anybody passes.
const maxSockets = 1 << 12

// description tells what a socket is, to the process that inherits it.
type description struct {
	Name    string
	Network string // as it was asked for; "" if systemd opened it
	Addr    string // likewise
	Owned   bool   // its path is to be removed in the end
}

func (d description) ofSystemd() bool { return d.Network == "" }

// bequest is what a process leaves to the next: sockets at consecutive
// descriptors, then a pipe to tell it that the next is ready.
type bequest struct {
	First   int // descriptor
	Sockets []description
	Pipe    uint64 // see pipeID
	PID     int    // whose they were
}

// bequestVar is the environment variable with a bequest, as JSON.
const bequestVar = "SOCKEYE_SOCKETS"

func (b bequest) pipe() int { return b.First + len(b.Sockets) }

func (b bequest) variable() string {
	text, _ := json.Marshal(b)
	return bequestVar + "=" + string(text)
}

// parseBequest reads a bequest's variable.
func parseBequest(text string) (b bequest, err error) {
	err = json.Unmarshal([]byte(text), &b)
	if err == nil && (b.First < firstFD || b.First > 1<<30 || len(b.Sockets) > maxSockets) {
		err = fmt.Errorf("descriptors %d and following, %d of them", b.First, len(b.Sockets))
	}
	if err != nil {
		return bequest{}, fmt.Errorf("listen: %s does not come from HandOver: %w", bequestVar, err)
	}
	return b, nil
}

// parseActivation reads what systemd's variables LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES tell the process self: see sd_listen_fds(3). They are for
// nobody if there are none, and may be for another process.
func parseActivation(self int, pid, count, names string) ([]description, error) {
	if pid == "" || count == "" {
		return nil, nil
	}
	if to, err := strconv.Atoi(pid); err != nil || to <= 0 {
		return nil, fmt.Errorf("listen: LISTEN_PID is %q, and no process", pid)
	} else if to != self {
		return nil, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n <= 0 || n > maxSockets {
		return nil, fmt.Errorf("listen: LISTEN_FDS is %q, and no number of sockets", count)
	}
	all := make([]description, n)
	for i := range all {
		all[i].Name = "unknown"
	}
	if names == "" {
		return all, nil
	}
	list := strings.Split(names, ":")
	if len(list) != n {
		return nil, fmt.Errorf("listen: LISTEN_FDNAMES has %d names for %d sockets", len(list), n)
	}
	for i, name := range list {
		all[i].Name = name
	}
	return all, nil
}

// take gives an environment variable that is not for the children of this
// process.
func take(name string) string {
	defer os.Unsetenv(name)
	return os.Getenv(name)
}
