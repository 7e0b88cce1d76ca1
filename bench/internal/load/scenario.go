package load

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Scenario is a load of several groups of connections with different habits.
type Scenario struct {
	Duration time.Duration
	Groups   []Habit
}

// ReadScenario reads a scenario in JSON, such as
//
//	{"duration": "60s", "groups": [
//		{"name": "idle", "conns": 9000},
//		{"name": "chat", "conns": 900, "rate": 0.5, "size": "50-500"},
//		{"name": "slow readers", "conns": 20, "rate": 10, "size": 1024, "read": 1024},
//		{"name": "reconnecting", "conns": 100, "rate": 1, "size": 100, "reconnect": "5s"}]}
//
// An error says which group and which field is wrong.
func ReadScenario(r io.Reader) (s Scenario, err error) {
	var text struct {
		Duration duration          `json:"duration"`
		Groups   []json.RawMessage `json:"groups"`
	}
	whole, err := io.ReadAll(r)
	if err == nil {
		err = decode(whole, &text)
	}
	if err != nil {
		return s, fmt.Errorf("scenario: %w", err)
	}
	s.Duration = time.Duration(text.Duration)
	for i, group := range text.Groups {
		h, err := readHabit(group)
		if err != nil {
			return s, fmt.Errorf("scenario: group %d (%q): %w", i+1, h.Name, err)
		}
		s.Groups = append(s.Groups, h)
	}
	if err := s.check(); err != nil {
		return s, fmt.Errorf("scenario: %w", err)
	}
	return s, nil
}

func (s Scenario) check() error {
	if s.Duration <= 0 || s.Duration > MaxDuration {
		return fmt.Errorf("duration is missing, not positive, or more than %v", MaxDuration)
	}
	if s.Conns() > MaxConns {
		return fmt.Errorf("all groups together have %d conns, more than %d", s.Conns(), MaxConns)
	}
	if len(s.Groups) == 0 {
		return errors.New("groups is missing or empty")
	}
	names := map[string]bool{}
	for _, h := range s.Groups {
		if names[h.Name] {
			return fmt.Errorf("two groups have the name %q", h.Name)
		}
		names[h.Name] = true
	}
	return nil
}

// decode decodes exactly one value, without unknown fields.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the end")
	}
	return nil
}

func (h Habit) check() error {
	switch {
	case h.Name == "":
		return errors.New("name is missing")
	case h.Conns < 1 || h.Conns > MaxConns:
		return fmt.Errorf("conns is missing, not positive, or more than %d", MaxConns)
	case h.MaxSize > MaxSize:
		return fmt.Errorf("size cannot be more than %d", MaxSize)
	case h.Read < 0 || h.Reconnect < 0 || h.Reconnect > MaxDuration:
		return fmt.Errorf("read and reconnect cannot be negative, nor reconnect more than %v", MaxDuration)
	case h.Read > 0 && h.Rate == 0:
		return errors.New("read needs a rate: what is not sent cannot be read slowly")
	case h.Read > 0 && h.Reconnect > 0:
		return errors.New("read and reconnect do not go together")
	case h.Read > 0 && h.Conns > maxSlow:
		return fmt.Errorf("conns of slow readers can be %d at most", maxSlow)
	}
	return cmp.Or(CheckRate(h.Rate), CheckRate(h.Rate*float64(h.Conns)))
}

// Conns gives the number of connections of all groups.
func (s Scenario) Conns() int {
	n := 0
	for _, h := range s.Groups {
		n += h.Conns
	}
	return n
}

// Share gives part i, from 0, of n about equal ones of a scenario. It has all
// groups, of which some may be left without connections.
func (s Scenario) Share(i, n int) Scenario {
	share := Scenario{Duration: s.Duration}
	for _, h := range s.Groups {
		h.Conns = h.Conns*(i+1)/n - h.Conns*i/n
		share.Groups = append(share.Groups, h)
	}
	return share
}
