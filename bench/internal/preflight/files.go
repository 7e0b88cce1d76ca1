package preflight

import (
	"fmt"
	"strconv"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// spareFiles is what a program may need beside its connections.
const spareFiles = 100

func (m Machine) files(n Need) (Check, bool) {
	c := Check{Name: "descriptors of a load process", Value: report.Count(m.Files), Need: report.Count(n.Files)}
	fix := fmt.Sprintf("ulimit -n %d", n.Files)
	return graded(c, m.Files >= n.Files, Fatal, "its later connections cannot be opened", fix), true
}

// nrOpen checks the bound of what ulimit may set.
func (m Machine) nrOpen(n Need) (Check, bool) {
	limit, known := m.number("fs/nr_open")
	c := Check{Name: "fs.nr_open", Value: report.Count(limit), Need: report.Count(n.Files)}
	return graded(c, limit >= n.Files, Fatal, "ulimit cannot be raised beyond it", sysctl("fs.nr_open", n.Files)), known
}

// fileMax checks the open files of the whole system.
func (m Machine) fileMax(n Need) (Check, bool) {
	limit, known := m.number("fs/file-max")
	need := times(n.ends(), n.Conns) + spareFiles
	if state := m.numbers("fs/file-nr"); len(state) > 0 {
		need += state[0] // open already
	}
	c := Check{Name: "fs.file-max", Value: report.Count(limit), Need: report.Count(need)}
	return graded(c, limit >= need, Fatal, "the system runs out of open files", sysctl("fs.file-max", need)), known
}

// serverFiles checks the limit of the process that serves.
func (m Machine) serverFiles(n Need) (Check, bool) {
	const soft = 3 // in "Max open files  SOFT  HARD  files"
	words := m.line(fmt.Sprintf("proc/%d/limits", n.Server), "Max open files")
	if n.Server == 0 || len(words) <= soft {
		return Check{}, false
	}
	limit, err := strconv.Atoi(words[soft])
	if err != nil {
		return Check{}, false // unlimited
	}
	need := n.Conns + spareFiles
	c := Check{Name: "descriptors of the server", Value: report.Count(limit), Need: report.Count(need)}
	return graded(c, limit >= need, Fatal, "it cannot accept them all; start it again after", fmt.Sprintf("ulimit -n %d", need)), true
}

func (m Machine) watches(n Need) (Check, bool) {
	limit, known := m.number("fs/epoll/max_user_watches")
	need := times(n.ends(), n.Conns)
	c := Check{Name: "fs.epoll.max_user_watches", Value: report.Count(limit), Need: report.Count(need)}
	return graded(c, limit >= need, Fatal, "later connections cannot be waited for", sysctl("fs.epoll.max_user_watches", need)), known
}
