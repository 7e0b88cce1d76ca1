package engine_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// childEnv names the environment variable that makes the test binary run as a
// server of few descriptors, in a process of its own as it would disturb the
// other tests.
const childEnv = "SOCKEYE_TEST_DESCRIPTORS"

// runChild serves with that many descriptors until its standard input ends. It
// prints its address, and a report for each line that it reads.
func runChild(descriptors string) (code int) {
	var limit syscall.Rlimit
	fmt.Sscan(descriptors, &limit.Cur)
	limit.Max = limit.Cur
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		panic(err)
	}
	s := engine.NewServer(echoing, engine.Options{Loops: 1})
	go s.Serve(l)
	fmt.Println(l.Addr())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		json.NewEncoder(os.Stdout).Encode(report{s.Stats(), cpuTime()})
	}
	s.Close()
	return 0
}

type report struct {
	engine.Stats
	CPU time.Duration
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// child is such a process, seen from its parent.
type child struct {
	addr net.Addr
	pid  int
	in   io.Writer
	out  *bufio.Reader
}

func startChild(t *testing.T, descriptors string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+descriptors)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child: %v", err)
		}
	})
	c := &child{pid: cmd.Process.Pid, in: in, out: bufio.NewReader(out)}
	line, err := c.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c.addr, err = net.ResolveTCPAddr("tcp", line[:len(line)-1])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *child) report(t *testing.T) (r report) {
	t.Helper()
	io.WriteString(c.in, "\n")
	line, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}
