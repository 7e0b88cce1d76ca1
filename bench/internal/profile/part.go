package profile

import "strings"

// rule says that functions whose names begin with prefix are of a part.
type rule struct{ prefix, part string }

// ours are the parts of our own code. The first rule that fits counts.
var ours = []rule{
	{module + "/codec.", "codec"},
	{"github.com/gobwas/ws.", "codec"},
	{module + "/handshake.", "handshake"},
	{module + "/pool.", "pool"},
	{"github.com/valyala/bytebufferpool.", "pool"},
	{module + "/engine/internal/loop.", "loop"},
	{module + "/engine.", "engine"},
	{"main.", "handler"},
}

const module = "github.com/sockeye-ws/sockeye"

// runtimes are the parts of what the Go runtime does on its own account.
var runtimes = []rule{
	{"runtime.gc", "Go runtime: garbage collection"},
	{"runtime.bgsweep", "Go runtime: garbage collection"},
	{"runtime.bgscavenge", "Go runtime: garbage collection"},
	{"runtime.wbBufFlush", "Go runtime: garbage collection"},
	{"runtime.mallocgc", "Go runtime: allocation"},
	{"runtime.growslice", "Go runtime: allocation"},
	{"runtime.netpoll", "Go runtime: poller"},
	{"runtime.poll_runtime_pollSetDeadline", "Go runtime: read deadline"},
	{"internal/poll.setDeadline", "Go runtime: read deadline"},
	{"os.(*File).SetReadDeadline", "Go runtime: read deadline"},
	{"runtime.poll_", "Go runtime: poller"},
	{"internal/poll.", "Go runtime: poller"},
	{"os.(*rawConn).", "Go runtime: poller"},
	{"runtime.findRunnable", "Go runtime: scheduler"},
	{"runtime.schedule", "Go runtime: scheduler"},
	{"runtime.gopark", "Go runtime: scheduler"},
	{"runtime.goready", "Go runtime: scheduler"},
	{"runtime.Gosched", "Go runtime: scheduler"},
	{"runtime.mcall", "Go runtime: scheduler"},
	{"runtime.mstart", "Go runtime: scheduler"},
	{"runtime.sysmon", "Go runtime: scheduler"},
}

func partOf(function string, rules []rule) (part string, ok bool) {
	for _, r := range rules {
		if strings.HasPrefix(function, r.prefix) {
			return r.part, true
		}
	}
	return "", false
}

// CPUPart gives the part of a stack in a profile of processor time: a system
// call by its name, a part of ours, or what the Go runtime was busy with.
func CPUPart(stack []string) string {
	if name, ok := systemCall(stack); ok {
		return "system call " + name
	}
	for _, function := range stack {
		if part, ok := partOf(function, ours); ok {
			return part
		}
		if part, ok := partOf(function, runtimes); ok {
			return part
		}
	}
	return other
}

// HeapPart gives the part of a stack in a profile of memory: whose code, not
// the runtime's, asked for it.
func HeapPart(stack []string) string {
	for _, function := range stack {
		if part, ok := partOf(function, ours); ok {
			return part
		}
	}
	return other
}
