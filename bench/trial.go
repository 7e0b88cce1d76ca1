package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// trial is a run with a server of our own, and what it is to prove.
type trial struct {
	program *proc.Server
	server  *watch.Server
	failed  []string // checks that did not hold
}

// startTrial starts a server program, an examples/echo, with its debug page.
func startTrial(program string, args ...string) (*trial, error) {
	debug, err := freeAddr()
	if err != nil {
		return nil, err
	}
	t := &trial{}
	if t.program, err = proc.Start(program, append(args, "-pprof", debug)...); err != nil {
		return nil, err
	}
	if t.server, err = watch.Find(t.program.PID(), debug, t.url("/")); err != nil {
		return nil, errors.Join(err, t.program.Stop(time.Second))
	}
	return t, nil
}

// freeAddr gives an address of this machine on which nobody listens now. Its
// port is below those that Linux by default gives to outgoing connections: one
// of them could take it before our program does.
func freeAddr() (addr string, err error) {
	for range 100 {
		addr = fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		var l net.Listener
		if l, err = net.Listen("tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", err
}

// url is that of a path of the server.
func (t *trial) url(path string) string {
	_, port, _ := net.SplitHostPort(t.program.Addr)
	return "ws://" + net.JoinHostPort("127.0.0.1", port) + path
}

func (t *trial) snapshot() watch.Snapshot {
	s, err := t.server.Snapshot()
	t.check(err == nil, "%v", err)
	return s
}

func (t *trial) check(held bool, failure string, args ...any) {
	if !held {
		t.failed = append(t.failed, fmt.Sprintf(failure, args...))
	}
}

// verdict tells which checks did not hold, and is an error if there are any.
func (t *trial) verdict(w io.Writer) error {
	if len(t.failed) == 0 {
		fmt.Fprintln(w, "\nEvery check held.")
		return nil
	}
	fmt.Fprintln(w, "\nNot every check held:")
	for _, text := range t.failed {
		fmt.Fprintln(w, "  -", text)
	}
	return errFailed
}
