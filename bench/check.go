package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/sockeye-ws/sockeye/bench/internal/preflight"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// otherFiles is how many descriptors a program needs beside connections.
const otherFiles = 100

// perAddress is how many connections package load has share a pair of
// addresses of 127.0.0.0/8.
const perAddress = 20_000

// processes gives the number of processes for so many connections: asked, or
// if that is 0 as many as their limit of descriptors demands, which it tells.
func processes(conns, asked int) (int, error) {
	limit, err := proc.Files()
	if err != nil || asked > 0 {
		return min(asked, conns), err
	}
	each := limit - otherFiles
	if each < 1 || conns <= each {
		return 1, nil
	}
	n := (conns + each - 1) / each
	fmt.Fprintf(os.Stderr, "bench: %s in %d processes: one may have %s descriptors\n", report.Plural(conns, "connection"), n, report.Count(limit))
	return n, nil
}

// preflight checks whether the machine allows the run. Warnings are told and
// given; what is worse is an error, unless it is to be tried all the same.
func (cfg *config) preflight(inFlight int, server *watch.Server) (warnings []string, err error) {
	all, err := cfg.checks(inFlight, server)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Grade != preflight.Passed {
			warnings = append(warnings, complaint(c))
		}
	}
	if len(warnings) == 0 {
		return nil, nil
	}
	fmt.Fprintln(os.Stderr, "bench: this machine does not suit the run; as root:")
	for _, text := range warnings {
		fmt.Fprintln(os.Stderr, "  "+strings.ReplaceAll(text, "\n", "\n      "))
	}
	if preflight.Worst(all) == preflight.Fatal && !cfg.force {
		fmt.Fprintln(os.Stderr, "It would fail; -force tries it all the same.")
		return nil, errFailed
	}
	return warnings, nil
}

func (cfg *config) checks(inFlight int, server *watch.Server) ([]preflight.Check, error) {
	files, err := proc.Files()
	n := preflight.Need{
		Conns:    cfg.Conns,
		Files:    (cfg.Conns+cfg.procs-1)/cfg.procs + otherFiles,
		PerPair:  cfg.Conns,
		InFlight: inFlight,
		Size:     cfg.MaxSize,
		Dialing:  cfg.procs * cfg.Parallel,
		Local:    watch.Local(cfg.URL),
		Server:   server.PID(),
	}
	if n.Local {
		n.PerPair = min(cfg.Conns, perAddress)
	}
	return preflight.Machine{Root: "/", Files: files}.Checks(n), err
}

// complaint says what is wrong, and on further lines what to do.
func complaint(c preflight.Check) string {
	text := fmt.Sprintf("%s: %s (%s): %s are needed, or %s", c.Name, c.Value, c.Grade, c.Need, c.Why)
	return strings.Join(append([]string{text}, c.Fix...), "\n")
}

// runCheck shows all that a load checks before it begins.
func runCheck(_ context.Context, args []string) error {
	f, cfg := newFlags("check")
	cfg.connFlags(f, 1000)
	depth := f.Int("depth", 1, "messages outstanding on each connection")
	err := cfg.parse(f, args, func() error { return atLeast(*depth >= 0) })
	if err != nil {
		return err
	}
	server, err := watch.Find(cfg.serverPID, cfg.debug, cfg.URL)
	if err != nil {
		return err
	}
	if cfg.procs, err = processes(cfg.Conns, cfg.procs); err != nil {
		return err
	}
	all, err := cfg.checks(cfg.Conns**depth, server)
	if err != nil {
		return err
	}
	return tellChecks(all)
}

// tellChecks writes them as a table, and then what to do.
func tellChecks(all []preflight.Check) error {
	rows := [][]string{{"", "now", "needed", ""}}
	var fixes []string
	for _, c := range all {
		rows = append(rows, []string{c.Name, c.Value, c.Need, c.Grade.String()})
		fixes = append(fixes, c.Fix...)
	}
	report.Table(os.Stdout, rows)
	if len(fixes) > 0 {
		fmt.Printf("\nAs root:\n  %s\n", strings.Join(fixes, "\n  "))
	}
	if preflight.Worst(all) == preflight.Fatal {
		return errFailed
	}
	return nil
}
