package compare

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/raw"
)

func testPlan(steps *[]string) *Plan {
	return &Plan{
		Peers:  []Peer{{Name: "one"}, {Name: "greedy", Descriptors: 2}, {Name: "three"}},
		Rounds: 2, Files: 250,
		Step: func(what string, _ time.Duration) { *steps = append(*steps, what[strings.LastIndex(what, " ")+1:]) },
	}
}

var cell = Cell{Kind: raw.Echo, Conns: 100, Size: 125, Depth: 1}

func TestRoundsInterleave(t *testing.T) {
	var steps []string
	n := 0
	samples, err := rounds(t.Context(), testPlan(&steps), cell, func(context.Context, Peer, Cell) (int, error) {
		n++
		return n, nil
	})
	if err != nil || len(samples) != 3 || !slices.Equal(samples[0], []int{1, 3}) || samples[1] != nil || !slices.Equal(samples[2], []int{2, 4}) {
		t.Errorf("%v (%v)", samples, err)
	}
	if want := []string{"one", "three", "one", "three"}; !slices.Equal(steps, want) {
		t.Errorf("measured %v, want %v", steps, want)
	}
}

// What an interrupted round has measured is dropped, and the rounds before are
// kept; the same if a peer fails.
func TestRoundsEndEarly(t *testing.T) {
	for _, c := range []struct {
		failing int
		want    [][]int
	}{{4, [][]int{{1}, nil, {2}}}, {2, nil}} {
		for _, interrupted := range []bool{true, false} {
			ctx, cancel := context.WithCancel(t.Context())
			var steps []string
			n := 0
			samples, err := rounds(ctx, testPlan(&steps), cell, func(context.Context, Peer, Cell) (int, error) {
				if n++; n < c.failing {
					return n, nil
				}
				if interrupted {
					cancel()
				}
				return 0, errors.New("broken")
			})
			cancel()
			if interrupted != errors.Is(err, context.Canceled) || err == nil || !slices.EqualFunc(samples, c.want, slices.Equal) {
				t.Errorf("%v (%v), want %v", samples, err, c.want)
			}
			if !interrupted && !strings.Contains(err.Error(), "three, echo:100:125: broken") {
				t.Error(err)
			}
		}
	}
}

func TestTakes(t *testing.T) {
	var steps []string
	p := testPlan(&steps)
	p.Warmup, p.Duration = 300*time.Millisecond, time.Second
	if d := p.Takes(cell); d != 4*(200+10+1300)*time.Millisecond {
		t.Errorf("%v", d)
	}
}
