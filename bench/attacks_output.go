package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// attacksOutput says how attacks are told, and what there is to tell.
type attacksOutput struct {
	json           bool
	html, markdown string // files, besides
	update         string // likewise

	all attack.Outcome
}

func (out *attacksOutput) flags(f *flag.FlagSet) {
	f.BoolVar(&out.json, "json", false, "report in JSON")
	f.StringVar(&out.html, "html", "", "write the table as a page to this `file`")
	f.StringVar(&out.update, "update", "", "bring the table of this Markdown `file` up to date, such as docs/attacks.md")
	f.StringVar(&out.markdown, "markdown", "", "write the table as Markdown to this `file`")
}

func (out *attacksOutput) check() error {
	for _, name := range []string{out.html, out.markdown} {
		if err := checkPage(name); err != nil {
			return usageError{err}
		}
	}
	return nil
}

func (out *attacksOutput) begin(cfg *attacksConfig, args []string) {
	out.all = attack.Outcome{
		Started: time.Now(),
		Machine: proc.Machine(),
		Command: strings.Join(append([]string{"bench", "attacks"}, args...), " "),
	}
	if out.json {
		return
	}
	if cfg.peers != nil {
		fmt.Printf("%s, each on fresh servers of %s. A server that answers as ours has to, meets; one that does not may have chosen so.\n",
			report.Plural(len(cfg.attacks), "attack"), report.Plural(len(cfg.peers), "kind"))
		return
	}
	fmt.Printf("%s, each on a fresh server with %d neighbours.\n", report.Plural(len(cfg.attacks), "attack"), neighbours)
}

// row tells of an attack as soon as it is over.
func (out *attacksOutput) row(r attack.Row) {
	out.all.Rows = append(out.all.Rows, r)
	if !out.json {
		fmt.Print(r.Text())
	}
}

func (out *attacksOutput) end() error {
	var printed error
	if out.json {
		printed = json.NewEncoder(os.Stdout).Encode(out.all)
	}
	return errors.Join(printed, writeFile(out.markdown, out.all.Markdown), writeFile(out.html, out.page), updateFile(out.update, out.all.Update))
}

func (out *attacksOutput) page(w io.Writer) error {
	return report.TableHTML(w, report.TablePage{
		Title: "Attacks on a server", Started: out.all.Started, Machine: out.all.Machine, Command: out.all.Command,
		Table: out.all.Table(),
	})
}

// writeFile writes a file, if it has a name.
func writeFile(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// verdict tells which targets were missed, and is an error if any was.
func (out *attacksOutput) verdict(w io.Writer) error {
	missed := 0
	for _, r := range out.all.Rows {
		missed += len(r.Missed)
	}
	if missed > 0 {
		return errFailed
	}
	if !out.json {
		fmt.Fprintln(w, "\nEvery target was met.")
	}
	return nil
}
