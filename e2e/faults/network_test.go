package faults

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// network is a network namespace with a cable to ours.
type network struct {
	name string
	here string // our address on the cable
}

var cables atomic.Int32

// newNetwork makes one, until the test's end. Its addresses are from those that
// are set aside for tests of networks (RFC 2544), its names this process's.
func newNetwork(t *testing.T) *network {
	t.Helper()
	i := os.Getpid()<<2 + int(cables.Add(1)&3)
	n := &network{name: fmt.Sprintf("sockeye-%d", i)}
	base := i << 2 & 0x1ffff
	address := func(host int) string {
		return fmt.Sprintf("198.%d.%d.%d", 18+base>>16, base>>8&0xff, base&0xff+host)
	}
	n.here = address(1)
	ours, theirs := fmt.Sprintf("sk%da", i), fmt.Sprintf("sk%db", i)
	run(t, "ip netns add "+n.name)
	t.Cleanup(func() { exec.Command("ip", "netns", "delete", n.name).Run() }) // the cable goes with it
	run(t, "ip link add "+ours+" type veth peer name "+theirs+" netns "+n.name)
	run(t, "ip address add "+n.here+"/30 dev "+ours)
	run(t, "ip link set "+ours+" up")
	n.run(t, "ip address add "+address(2)+"/30 dev "+theirs)
	n.run(t, "ip link set "+theirs+" up")
	return n
}

// within is the command that runs others in the network.
func (n *network) within() []string { return []string{"ip", "netns", "exec", n.name} }

func (n *network) run(t *testing.T, command string) {
	t.Helper()
	run(t, strings.Join(n.within(), " ")+" "+command)
}

// cut drops whatever comes into the network or leaves it, without a word.
func (n *network) cut(t *testing.T) {
	t.Helper()
	n.run(t, "nft add table inet cut")
	for _, way := range []string{"input", "output"} {
		n.run(t, "nft add chain inet cut "+way+" { type filter hook "+way+" priority 0 ; policy drop ; }")
	}
}

// mend takes cut back.
func (n *network) mend(t *testing.T) {
	t.Helper()
	n.run(t, "nft delete table inet cut")
}

// run runs a command, whose words have no spaces within.
func run(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	switch {
	case err == nil:
	case strings.Contains(string(out), "Operation not permitted"):
		t.Skipf("the kernel lets nobody do this here: %s: %s", command, out)
	default:
		t.Fatalf("%s: %v: %s", command, err, out)
	}
}
