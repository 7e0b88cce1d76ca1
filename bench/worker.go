package main

import (
	"context"
	"flag"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/fleet"
)

// runWorker is a process of a load that has several. It is for this program's
// own use. Its end is that of standard input, and not a signal's: SIGTERM to
// the whole group is for the process that gives the orders.
func runWorker(_ context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("worker", flag.ContinueOnError), args); err != nil {
		return err
	}
	return fleet.Serve(os.Stdin, os.Stdout)
}
