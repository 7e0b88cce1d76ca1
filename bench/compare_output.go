package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/sockeye-ws/sockeye/bench/internal/compare"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// compareOutput says how a comparison is told.
type compareOutput struct {
	json, markdown bool   // on standard output, instead of text
	html, update   string // files, besides
}

func (out *compareOutput) flags(f *flag.FlagSet) {
	f.BoolVar(&out.json, "json", false, "report in JSON, every round included")
	f.BoolVar(&out.markdown, "markdown", false, "report in Markdown")
	f.StringVar(&out.html, "html", "", "write a page with bars to this `file`")
	f.StringVar(&out.update, "update", "", "bring the tables of this Markdown `file` up to date, such as docs/benchmarks.md, or for -cells deflate docs/compression.md")
}

func (out *compareOutput) check() error {
	if out.json && out.markdown {
		return usageError{errors.New("-json and -markdown exclude each other")}
	}
	return nil
}

// text tells whether standard output is for people to read while it comes.
func (out *compareOutput) text() bool { return !out.json && !out.markdown }

// begin explains what the tables will say.
func (out *compareOutput) begin(p *compare.Plan) {
	if !out.text() {
		return
	}
	fmt.Printf(`Each server takes turns with the same client on processor %d: %s.
Medians of %s, in brackets the least and the greatest; load lasts %v.
CPU is time a message, delivery or connection. server/client is the server's
CPU time by the client's, which cancels the machine's changes of speed; the
columns after it are that, by another server's in the same round. RSS is
resident memory after a garbage collection.
`, p.CPU, proc.Machine(), report.Plural(p.Rounds, "round"), p.Duration)
}

// table tells of one table.
func (out *compareOutput) table(t compare.Table) {
	if out.text() {
		fmt.Printf("\n%v\n", t)
		report.Table(os.Stdout, t.Text())
	}
}

// end tells of all tables: of those that are there, if the comparison failed.
func (out *compareOutput) end(o *compare.Outcome) error {
	return errors.Join(out.print(o), out.page(o), out.document(o))
}

func (out *compareOutput) print(o *compare.Outcome) error {
	switch {
	case out.json:
		return json.NewEncoder(os.Stdout).Encode(o)
	case out.markdown:
		return o.Markdown(os.Stdout)
	}
	return nil
}

func (out *compareOutput) page(o *compare.Outcome) error {
	if out.html == "" {
		return nil
	}
	f, err := os.Create(out.html)
	if err != nil {
		return err
	}
	return errors.Join(report.CompareHTML(f, o.Comparison()), f.Close())
}

func (out *compareOutput) document(o *compare.Outcome) error { return updateFile(out.update, o.Update) }

// updateFile changes a document, if it has a name.
func updateFile(name string, update func(document string) (string, error)) error {
	if name == "" {
		return nil
	}
	before, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	after, err := update(string(before))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, []byte(after), 0o644)
}
