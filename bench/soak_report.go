package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/sockeye-ws/sockeye/bench/internal/chart"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

func plural(n int, noun string) string { return report.Plural(n, noun) }

// tell tells what the run came to, in each form that was asked for.
func (s *soak) tell() error {
	slices.Sort(s.failed)
	s.out.Failed = s.failed
	var page error
	if s.html != "" {
		page = s.writePage()
	}
	if err := errors.Join(page, s.write()); err != nil {
		return err
	}
	fmt.Println()
	report.Lines(os.Stdout, s.summary())
	for _, server := range s.servers {
		report.SoakTable(os.Stdout, server.verdict())
	}
	fmt.Println()
	report.Errors(os.Stdout, s.out.Errors)
	return (&trial{failed: s.failed}).verdict(os.Stdout)
}

func (s *soak) summary() [][2]string {
	lines := [][2]string{
		{"messages", fmt.Sprintf("%s in %v, all verified", report.Count(s.out.Messages), s.duration)},
		{"connections", report.Count(s.out.Conns) + " well-behaved"},
		{"cut", plural(s.out.Cut, "slow reader") + " by the server"},
		{"faults", report.Count(sum(s.out.Faults)) + " of clients"},
	}
	for _, kind := range slices.Sorted(maps.Keys(s.out.Faults)) {
		lines = append(lines, [2]string{"", report.Count(s.out.Faults[kind]) + " x " + kind})
	}
	return lines
}

// verdict gives the table of what came back.
func (s *soaked) verdict() report.SoakVerdict {
	rows := [][]string{{"figure", "before", "peak", "after", "allowed", ""}}
	for _, f := range soakFigures {
		peak := f.of(&s.After)
		for _, p := range s.Points {
			peak = max(peak, f.of(p))
		}
		held := "back"
		if f.of(&s.After) > f.most(&s.Before) {
			held = "NOT BACK"
		}
		rows = append(rows, []string{f.name, f.write(f.of(&s.Before)), f.write(peak), f.write(f.of(&s.After)), f.write(f.most(&s.Before)), held})
	}
	return report.SoakVerdict{Server: s.Name, Rows: rows}
}

// charts are the figures that are drawn, and their units.
var charts = map[string]chart.Unit{
	"RSS": chart.Bytes, "live heap": chart.Bytes, "in buffers": chart.Bytes,
	"connections": chart.Whole, "timers": chart.Whole, "goroutines": chart.Whole, "descriptors": chart.Whole, "threads": chart.Whole,
}

func (s *soak) writePage() error {
	p := report.Soak{
		Started: s.began, Machine: s.out.Machine, Command: os.Args,
		Failed: s.failed, Summary: s.summary(), Errors: s.out.Errors,
	}
	for _, server := range s.servers {
		p.Verdicts = append(p.Verdicts, server.verdict())
	}
	for _, f := range soakFigures {
		p.Series = append(p.Series, s.series(f))
	}
	file, err := os.Create(s.html)
	if err != nil {
		return err
	}
	return errors.Join(report.SoakHTML(file, p), file.Close())
}

// series gives a figure over time; its last point is that after a collection.
func (s *soak) series(f soakFigure) report.SoakSeries {
	series := report.SoakSeries{Title: f.name, Unit: charts[f.name]}
	if f.name == "live heap" || f.name == "RSS" {
		series.Note = "Garbage included, but for the last point."
	}
	for _, server := range s.servers {
		line := report.SoakLine{Server: server.Name}
		for _, p := range append(slices.Clone(server.Points), &server.After) {
			line.Points = append(line.Points, chart.Point{X: float64(p.At), Y: float64(f.of(p))})
		}
		series.Lines = append(series.Lines, line)
	}
	return series
}
