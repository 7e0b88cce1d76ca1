// Package preflight checks before a run whether the machine allows it, and
// says the commands that make it allow it.
package preflight

// Need is what a run asks of a machine.
type Need struct {
	Conns    int  // connections in all
	Files    int  // descriptors of the load's process that has the most
	PerPair  int  // connections that share their source and destination address
	InFlight int  // messages on their way at once, on all connections together
	Size     int  // of a message in bytes
	Dialing  int  // connections that are opened at a time
	Local    bool // the server runs on this machine too
	Server   int  // its process, 0 if not known
}

// ends is how many ends of each connection are on this machine.
func (n Need) ends() int {
	if n.Local {
		return 2
	}
	return 1
}

// Grade says how bad a check's outcome is.
type Grade int

const (
	Passed  Grade = iota
	Warning       // the run works, but may be slower, or measure something else
	Fatal         // the run would fail
)

func (g Grade) String() string { return [...]string{"ok", "warning", "too low"}[g] }

// Check is one thing that was looked at.
type Check struct {
	Name  string // as the system calls it: "net.ipv4.tcp_mem"
	Value string // as it is
	Need  string // as the run needs it
	Grade Grade
	Why   string   // what happens otherwise; empty if the check passed
	Fix   []string // commands that set what is needed, to be run as root; empty if there are none
}

// Machine is where a run shall take place.
type Machine struct {
	Root  string // of its /proc: "/", or a test's folder
	Files int    // descriptors that a process of ours may have open
}

// Checks looks at everything. What this system does not tell is left out.
func (m Machine) Checks(n Need) (all []Check) {
	for _, check := range []func(Need) (Check, bool){
		m.files, m.nrOpen, m.fileMax, m.serverFiles, m.watches,
		m.ports, m.conntrack, m.backlog, m.tcpMemory, m.memory,
	} {
		if c, known := check(n); known {
			all = append(all, c)
		}
	}
	return all
}

// Worst gives the highest grade of all.
func Worst(all []Check) (worst Grade) {
	for _, c := range all {
		worst = max(worst, c.Grade)
	}
	return worst
}

// graded completes a check: if it did not pass it has this grade and reason,
// and these commands mend it.
func graded(c Check, passed bool, g Grade, why string, fix ...string) Check {
	if !passed {
		c.Grade, c.Why, c.Fix = g, why, fix
	}
	return c
}
