package report

import "time"

// Comparison is what a page says of several servers under the same loads.
// Nothing of it is kept or changed.
type Comparison struct {
	Title   string // default "WebSocket servers compared"
	Started time.Time
	Machine string
	Command string   // that repeats it
	Notes   []string // on the method, a paragraph each
	Peers   []ComparedPeer
	Figures []Figure
}

// ComparedPeer is a server that takes part, and how it was set up.
type ComparedPeer struct {
	Name    string
	Version string
	How     string // in a sentence, or ""
}

// Figure is one quantity, measured of each server under one load.
type Figure struct {
	Title         string // "125 B, 100 connections, depth 1"
	Unit          string // of the values: "server CPU, by the limit's"
	Note          string // below the title, or ""
	LowerIsBetter bool
	Bars          []Bar // in the order to be shown
}

// Bar is a server's value in a figure: a median, and the least and the
// greatest of all rounds. Low and High are the same if there was one round.
type Bar struct {
	Name             string
	Value, Low, High float64
	Text             string // the value as people read it: "1.09 (1.07-1.10)"
	Ours             bool   // to be highlighted
	Limit            bool   // what a server could reach that did nothing else
	Missing          string // why there is no value: "needs 20,100 descriptors"
}
