package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// runAttacker is the process of those who attack. It is for this program's own
// use. Its attack is over at the end of standard input, and not with a signal:
// Ctrl-C is for the process that gives the orders.
func runAttacker(_ context.Context, args []string) error {
	f := flag.NewFlagSet("attacker", flag.ContinueOnError)
	name := f.String("attack", "", "`name` of the attack")
	addr := f.String("addr", "", "`address` of the server")
	first := f.Int("first", 0, "`number` of the first attacker")
	conns := f.Int("conns", 1, "`number` of attackers")
	if err := parse(f, args); err != nil {
		return err
	}
	found, err := attack.Find([]string{*name})
	if err != nil {
		return usageError{err}
	}
	if _, err := proc.Files(); err != nil {
		return err
	}
	ctx, over := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		over()
	}()
	return json.NewEncoder(os.Stdout).Encode(found[0].Run(ctx, *addr, *first, *conns))
}

// attackers are a process of those who attack.
type attackers struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
}

// startAttackers starts a process.
func startAttackers(args ...string) (*attackers, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	a := &attackers{cmd: exec.Command(program, append([]string{"attacker"}, args...)...)}
	a.cmd.Stderr = os.Stderr
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if a.out, err = a.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return a, a.cmd.Start()
}

// over tells them that the attack is over. It may be called twice.
func (a *attackers) over() { a.in.Close() }

// report waits until they are done.
func (a *attackers) report() (r attack.Report, err error) {
	err = json.NewDecoder(a.out).Decode(&r)
	return r, errors.Join(err, a.cmd.Wait())
}

// kill ends them where they are.
func (a *attackers) kill() { a.cmd.Process.Kill() }
