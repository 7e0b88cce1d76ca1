package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/preflight"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// otherFiles is how many descriptors a program needs beside connections.
const otherFiles = 100

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

// findServer finds the server's process, as the flags say.
func (cfg *config) findServer() (*watch.Server, error) {
	if cfg.serverPID != 0 && !proc.Running(cfg.serverPID) {
		return nil, usageError{fmt.Errorf("-server-pid %d: no such process", cfg.serverPID)}
	}
	server, err := watch.Find(cfg.serverPID, cfg.debug, cfg.URL)
	if err != nil {
		err = fmt.Errorf("-debug %s: %w; start the server with -pprof", cfg.debug, err)
	}
	return server, err
}

// preflight checks whether the machine allows the run. Warnings are told and
// given; what is worse is an error, unless it is to be tried all the same.
func (cfg *config) preflight(inFlight int, server *watch.Server) (warnings []string, err error) {
	all, err := cfg.checks(inFlight, server)
	if err != nil {
		return nil, err
	}
	warnings = complaints(all)
	complain(os.Stderr, warnings)
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
		n.PerPair = min(cfg.Conns, load.PerAddress)
	}
	return preflight.Machine{Root: "/", Files: files}.Checks(n), err
}

// runCheck shows all that a load checks before it begins.
func runCheck(_ context.Context, args []string) error {
	f, cfg := flag.NewFlagSet("check", flag.ContinueOnError), &config{interval: time.Second}
	cfg.serverFlags(f)
	cfg.connFlags(f, 1000)
	depth := f.Int("depth", 1, "`number` of messages outstanding on each connection")
	err := cfg.parse(f, args, func() error { return cfg.checkDepth(*depth) })
	if err != nil {
		return err
	}
	server, err := cfg.findServer()
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
	for _, c := range all {
		rows = append(rows, []string{c.Name, c.Value, c.Need, c.Grade.String()})
	}
	report.Table(os.Stdout, rows)
	complain(os.Stdout, complaints(all))
	if preflight.Worst(all) == preflight.Fatal {
		return errFailed
	}
	return nil
}

// complaints says of each check that did not pass what is wrong, and on
// further lines the commands that mend it.
func complaints(all []preflight.Check) (texts []string) {
	for _, c := range all {
		if c.Grade != preflight.Passed {
			text := fmt.Sprintf("%s: %s, but %s needed: %s", c.Name, c.Value, c.Need, c.Why)
			texts = append(texts, strings.Join(append([]string{text}, c.Fix...), "\n"))
		}
	}
	return texts
}

// complain writes complaints, if there are any.
func complain(w io.Writer, texts []string) {
	if len(texts) == 0 {
		return
	}
	fmt.Fprintln(w, "bench: this machine does not suit the run; commands are for root:")
	for _, text := range texts {
		fmt.Fprintln(w, "  "+strings.ReplaceAll(text, "\n", "\n      "))
	}
}
