package faults

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// childVar is the variable that makes the test's program a client, of the
// server it names, and planVar the one for what it sends.
const (
	childVar = "FAULTS_CLIENT"
	planVar  = "FAULTS_PLAN"
)

var plans = map[string]plan{"chat": chat, "bulk": bulk, "brief": chat.briefly(), "quiet": {}}

// childMain is a client as a process of its own, which can be stopped, and put
// in another network. It says "open PORT", reads once it gets a line, closes when
// its input ends, and says last whether all was answered.
func childMain(addr string) int {
	p := plans[os.Getenv(planVar)]
	c := dial(addr, p)
	if c.err != nil {
		fmt.Println("no handshake:", c.err)
		return 1
	}
	fmt.Println("open", c.port)
	begin := make(chan struct{})
	p.begin = begin
	go func() {
		r := bufio.NewReader(os.Stdin)
		r.ReadByte()
		close(begin)
		io.Copy(io.Discard, r)
		c.stop()
	}()
	c.talk(p)
	fmt.Println("answered", c.answered.Load(), "of", c.sent.Load())
	switch {
	case c.err == nil:
		fmt.Println("complete")
	case cut(c.err):
		fmt.Println("cut:", c.err)
	default:
		fmt.Println("wrong:", c.err)
	}
	return 0
}

// child is such a process.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
	port  int
}

// startChild starts a client under a command, such as ip netns exec.
func startChild(t *testing.T, command []string, addr, plan string) *child {
	t.Helper()
	args := slices.Concat(command, []string{os.Args[0]})
	c := &child{cmd: exec.Command(args[0], args[1:]...)}
	c.cmd.Env = append(os.Environ(), childVar+"="+addr, planVar+"="+plan)
	c.cmd.Stderr = os.Stderr
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill(); c.cmd.Wait() })
	c.stdin, c.out = stdin, bufio.NewReader(out)
	line, _ := c.out.ReadString('\n')
	if _, err := fmt.Sscanf(line, "open %d", &c.port); err != nil {
		t.Fatalf("the client said %q", line)
	}
	return c
}

// begin makes the client read.
func (c *child) begin() { io.WriteString(c.stdin, "\n") }

// end gives what the client says at its end. If it is over only when it is
// told, ask makes it close.
func (c *child) end(t *testing.T, ask bool) string {
	t.Helper()
	if ask {
		c.stdin.Close()
	}
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(c.out)
		said <- strings.TrimSpace(string(text))
	}()
	select {
	case text := <-said:
		return text
	case <-time.After(patience):
		t.Fatal("the client does not end")
		return ""
	}
}
