// Bench loads WebSocket servers and compares them. It runs on Linux.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is one of bench's programs. Its run gets what follows its name. One
// that does nothing to speak of is for this program's own use.
type command struct {
	name, does string
	run        func(ctx context.Context, args []string) error
}

var commands = []command{
	{"echo", "load an echo server; every reply is verified", runEcho},
	{"idle", "hold idle connections, and see what they cost the server", runIdle},
	{"broadcast", "load a server that sends every message to all connections", runBroadcast},
	{"churn", "load an echo server with connections that come and go", runChurn},
	{"mixed", "play a scenario of several groups of connections", runMixed},
	{"check", "tell whether this machine allows a load, and what to set", runCheck},
	{"demo", "start our echo server and show what it can do", runDemo},
	{"c1m", "hold a million connections in one server process", runC1M},
	{"leaks", "look for bytes of one connection that reach another, in our echo server", runLeaks},
	{"soak", "load our echo server for long, with faults, and look whether all returns to where it was", runSoak},
	{"profile", "tell where our echo server's time and memory go", runProfile},
	{"attacks", "attack our echo server in every way we know, and see what it does", runAttacks},
	{"compare", "measure servers against each other", runCompare},
	{"tls", "measure servers for wss against each other", runTLS},
	{"rawclient", "", runRawClient},
	{"worker", "", runWorker},
	{"attacker", "", runAttacker},
}

// errFailed ends the program with status 1 when all is said already.
var errFailed = errors.New("failed")

// usageError is a mistake in the command line: status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func main() {
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, restore) // a second Ctrl-C kills
	os.Exit(status(run(ctx, os.Args[1:])))
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name == args[0] {
				return c.run(ctx, args[1:])
			}
		}
	}
	fmt.Fprintln(os.Stderr, "Usage: bench COMMAND [flags]; bench COMMAND -h tells the flags.")
	for _, c := range commands {
		if c.does != "" {
			fmt.Fprintf(os.Stderr, "  %-10s %s\n", c.name, c.does)
		}
	}
	return usageError{errFailed}
}

// status says what err means to a person, if nobody has, and to the shell.
func status(err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if !errors.Is(err, errFailed) {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	return 1
}

// parse parses a command's flags; it takes no other arguments.
func parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard) // of an error, all flags would hide the reason
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(os.Stderr)
		flags.Usage()
		return err
	} else if err != nil {
		return usageError{fmt.Errorf("%w (bench %s -h tells the flags)", err, flags.Name())}
	}
	if flags.NArg() > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return nil
}
