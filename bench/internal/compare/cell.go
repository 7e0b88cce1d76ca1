package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
	"github.com/sockeye-ws/sockeye/bench/internal/report"
)

// Idle is the kind of cell that measures the memory of idle connections, and
// IdleDeflate that of those which agreed to compress, in each way that a peer
// knows and in none. The other kinds are the loads of package raw.
const (
	Idle        = "idle"
	IdleDeflate = "idle-deflate"
)

// kinds are those of all cells.
var kinds = []string{raw.Echo, raw.Broadcast, raw.Setup, Idle, raw.DeflateJSON, raw.DeflateText, IdleDeflate}

// compresses tells that the cell compares only peers that compress.
func (c Cell) compresses() bool {
	return c.Kind == raw.DeflateJSON || c.Kind == raw.DeflateText || c.Kind == IdleDeflate
}

// Cell is one comparison of all peers: a kind of load and its numbers.
type Cell struct {
	Kind  string `json:"kind"`
	Conns int    `json:"conns"`
	Size  int    `json:"size_bytes"` // payload of a message
	Depth int    `json:"depth"`      // messages outstanding on a connection
}

// sets are the cells that have a name, of which [DefaultCells] are most.
var sets = map[string]string{
	"echo": "echo:100:125,echo:1000:125,echo:10000:125," +
		"echo:100:1024,echo:1000:1024,echo:10000:1024",
	"deep":      "echo:100:125:16",
	"large":     "echo:4:1048576",
	"broadcast": "broadcast:10000:125",
	"setup":     "setup:100:125",
	"idle":      "idle:5000:1024",
	"deflate": "deflate-json:100:100,deflate-json:100:1024,deflate-json:20:65536," +
		"deflate-text:100:100,deflate-text:100:1024,deflate-text:20:65536,idle-deflate:5000:1024",
}

// DefaultCells are the cells that are measured unless others are asked for.
const DefaultCells = "echo,deep,large,broadcast,setup,idle"

// ParseCells reads cells with commas between them: the name of a set, or
// KIND:CONNECTIONS:SIZE, or KIND:CONNECTIONS:SIZE:DEPTH.
func ParseCells(list string) (all []Cell, err error) {
	for text := range strings.SplitSeq(list, ",") {
		if set, ok := sets[text]; ok {
			cells, err := ParseCells(set)
			if err != nil {
				return nil, err
			}
			all = append(all, cells...)
			continue
		}
		cell, err := parseCell(text)
		if err != nil {
			return nil, err
		}
		all = append(all, cell)
	}
	return all, nil
}

func parseCell(text string) (Cell, error) {
	wrong := fmt.Errorf("%q is no cell: name some of %s,deflate, or give KIND:CONNECTIONS:SIZE[:DEPTH], such as echo:100:125:16", text, DefaultCells)
	kind, rest, _ := strings.Cut(text, ":")
	if !slices.Contains(kinds, kind) {
		return Cell{}, wrong
	}
	var numbers []int
	for s := range strings.SplitSeq(rest, ":") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return Cell{}, wrong
		}
		numbers = append(numbers, n)
	}
	if len(numbers) == 2 {
		numbers = append(numbers, 1)
	}
	if len(numbers) != 3 || numbers[0] < 1 || numbers[2] < 1 || numbers[2] > 1 && kind != raw.Echo {
		return Cell{}, wrong
	}
	return Cell{Kind: kind, Conns: numbers[0], Size: numbers[1], Depth: numbers[2]}, nil
}

// Name is the cell as [ParseCells] reads it.
func (c Cell) Name() string {
	name := fmt.Sprintf("%s:%d:%d", c.Kind, c.Conns, c.Size)
	if c.Depth > 1 {
		name += fmt.Sprintf(":%d", c.Depth)
	}
	return name
}

// String is the cell as people read it, the title of its table.
func (c Cell) String() string {
	conns, size := report.Plural(c.Conns, "connection"), bytes(c.Size)
	switch c.Kind {
	case raw.Broadcast:
		return fmt.Sprintf("Broadcast of %s to %s", size, conns)
	case raw.Setup:
		return fmt.Sprintf("Connections set up, %d at a time, with one echo of %s", c.Conns, size)
	case Idle:
		return fmt.Sprintf("%s, idle after one message of %s each", conns, size)
	case IdleDeflate:
		return fmt.Sprintf("%s, idle after compressed messages of %s each", conns, size)
	case raw.DeflateJSON:
		return fmt.Sprintf("Echo of %s of compressed JSON on %s", size, conns)
	case raw.DeflateText:
		return fmt.Sprintf("Echo of %s of compressed text on %s", size, conns)
	}
	return fmt.Sprintf("Echo of %s on %s, depth %d", size, conns, c.Depth)
}

// unit is what the load of a cell counts.
func (c Cell) unit() string {
	switch c.Kind {
	case raw.Broadcast:
		return "deliveries"
	case raw.Setup:
		return "connections"
	}
	return "messages"
}

// bytes writes a size exactly: 125 B, 1 KiB.
func bytes(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}
