package load

import (
	"context"
	"io"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Scenario is a load of several groups of connections with different habits.
type Scenario struct {
	Duration time.Duration
	Groups   []Habit
}

// Habit is what each connection of one group does.
type Habit struct {
	Name      string
	Conns     int
	Rate      float64       // messages in a second; 0: idle
	Size      int           // of the smallest message, in bytes
	MaxSize   int           // of the largest; not less than Size
	Read      int           // bytes read in a second; 0: at once
	Reconnect time.Duration // how long a connection lives; 0: to the end
}

// ReadScenario reads a scenario in JSON.
func ReadScenario(r io.Reader) (Scenario, error) { panic("not yet") }

// Conns gives the number of connections of all groups.
func (s Scenario) Conns() int {
	n := 0
	for _, h := range s.Groups {
		n += h.Conns
	}
	return n
}

// Share gives the part of n equal ones, from 0, of a scenario.
func (s Scenario) Share(i, n int) Scenario { panic("not yet") }

// Mixed opens a scenario's connections and plays it. They stay open until Close.
func (g *Group) Mixed(ctx context.Context, s Scenario) result.Outcome { panic("not yet") }
