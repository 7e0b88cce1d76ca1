package load

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

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
