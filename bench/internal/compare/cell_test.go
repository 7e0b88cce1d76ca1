package compare

import (
	"slices"
	"testing"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
)

func TestParseCells(t *testing.T) {
	cases := []struct {
		list string
		want []Cell
	}{
		{"deep", []Cell{{raw.Echo, 100, 125, 16}}},
		{"idle,large", []Cell{{Idle, 5000, 1024, 1}, {raw.Echo, 4, 1 << 20, 1}}},
		{"echo:1:0", []Cell{{raw.Echo, 1, 0, 1}}},
		{"deflate-json:1:2,idle-deflate:3:4", []Cell{{raw.DeflateJSON, 1, 2, 1}, {IdleDeflate, 3, 4, 1}}},
		{"setup:7:8,broadcast:9:10:1,echo:2:3:4", []Cell{{raw.Setup, 7, 8, 1}, {raw.Broadcast, 9, 10, 1}, {raw.Echo, 2, 3, 4}}},
	}
	for _, c := range cases {
		if got, err := ParseCells(c.list); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v (%v), want %+v", c.list, got, err, c.want)
		}
	}
	for _, list := range []string{
		"", "all", "echo:", "echo:100", "echo:x:125", "echo:0:125", "echo:100:125:0", "echo:100:-1", "echo:1:2:3:4",
		"deep:100:125", "setup:10:125:2", "idle:10:125:2", "deflate:1:2", "deflate-json:1:2:2", "idle-deflate:1:2:2", "idle,", "echo:1:2 ",
	} {
		if got, err := ParseCells(list); err == nil {
			t.Errorf("%q: %+v", list, got)
		}
	}
}

func TestDefaultCells(t *testing.T) {
	cells, err := ParseCells(DefaultCells + ",deflate")
	if err != nil || len(cells) != 18 {
		t.Fatalf("%d cells (%v)", len(cells), err)
	}
	for _, c := range cells {
		if again, err := ParseCells(c.Name()); err != nil || len(again) != 1 || again[0] != c {
			t.Errorf("%+v is named %s, which is %+v (%v)", c, c.Name(), again, err)
		}
	}
}

func TestCellString(t *testing.T) {
	for want, cell := range map[string]Cell{
		"Echo of 125 B on 1,000 connections, depth 16":              {raw.Echo, 1000, 125, 16},
		"Echo of 1 MiB on 1 connection, depth 1":                    {raw.Echo, 1, 1 << 20, 1},
		"Broadcast of 1 KiB to 10,000 connections":                  {raw.Broadcast, 10_000, 1024, 1},
		"Connections set up, 100 at a time, with one echo of 125 B": {raw.Setup, 100, 125, 1},
		"5,000 connections, idle after one message of 1025 B each":  {Idle, 5000, 1025, 1},
		"Echo of 1 KiB of compressed JSON on 1 connection":          {raw.DeflateJSON, 1, 1024, 1},
		"Echo of 1 KiB of compressed text on 1 connection":          {raw.DeflateText, 1, 1024, 1},
		"2 connections, idle after compressed messages of 1 B each": {IdleDeflate, 2, 1, 1},
	} {
		if got := cell.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
