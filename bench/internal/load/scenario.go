package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
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

// maxSlow is the most slow readers of a group: each needs two goroutines.
const maxSlow = 1000

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
	if s.Duration <= 0 {
		return errors.New("duration is missing or not positive")
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

func readHabit(text []byte) (h Habit, err error) {
	var f struct {
		Name      string   `json:"name"`
		Conns     int      `json:"conns"`
		Rate      float64  `json:"rate"`
		Size      *sizes   `json:"size"`
		Read      int      `json:"read"`
		Reconnect duration `json:"reconnect"`
	}
	err = decode(text, &f)
	h = Habit{Name: f.Name, Conns: f.Conns, Rate: f.Rate, Read: f.Read, Reconnect: time.Duration(f.Reconnect)}
	if err == nil && f.Rate > 0 && f.Size == nil {
		err = errors.New("size is missing: messages with a rate need one")
	}
	if f.Size != nil {
		h.Size, h.MaxSize = f.Size.least, f.Size.most
	}
	if err == nil {
		err = h.check()
	}
	return h, err
}

func (h Habit) check() error {
	switch {
	case h.Name == "":
		return errors.New("name is missing")
	case h.Conns < 1:
		return errors.New("conns is missing or not positive")
	case h.Rate < 0 || h.Read < 0 || h.Reconnect < 0:
		return errors.New("rate, read and reconnect cannot be negative")
	case h.Read > 0 && h.Rate == 0:
		return errors.New("read needs a rate: what is not sent cannot be read slowly")
	case h.Read > 0 && h.Reconnect > 0:
		return errors.New("read and reconnect do not go together")
	case h.Read > 0 && h.Conns > maxSlow:
		return fmt.Errorf("conns of slow readers can be %d at most", maxSlow)
	}
	return nil
}

// duration is one in JSON: "1m30s".
type duration time.Duration

func (d *duration) UnmarshalJSON(text []byte) error {
	s, err := strconv.Unquote(string(text))
	if err != nil {
		return fmt.Errorf("%s is no duration: write it like \"5s\"", text)
	}
	v, err := time.ParseDuration(s)
	*d = duration(v)
	return err
}

// sizes are those of messages in JSON: 125, or "50-500".
type sizes struct{ least, most int }

func (s *sizes) UnmarshalJSON(text []byte) error {
	least, most, ranged := strings.Cut(strings.Trim(string(text), `"`), "-")
	if !ranged {
		most = least
	}
	var err, err2 error
	s.least, err = strconv.Atoi(least)
	s.most, err2 = strconv.Atoi(most)
	if err != nil || err2 != nil || s.least < 0 || s.most < s.least {
		return fmt.Errorf("size %s is neither a number of bytes, like 125, nor a range, like \"50-500\"", text)
	}
	return nil
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
