package load

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const example = `{"duration": "60s", "groups": [
	{"name": "idle", "conns": 9000},
	{"name": "chat", "conns": 900, "rate": 0.5, "size": "50-500"},
	{"name": "bulk", "conns": 50, "rate": 1, "size": 65536},
	{"name": "slow readers", "conns": 20, "rate": 10, "size": 1024, "read": 1024},
	{"name": "reconnecting", "conns": 100, "rate": 1, "size": 100, "reconnect": "5s"}]}`

func TestReadScenario(t *testing.T) {
	s, err := ReadScenario(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	want := []Habit{
		{Name: "idle", Conns: 9000},
		{Name: "chat", Conns: 900, Rate: 0.5, Size: 50, MaxSize: 500},
		{Name: "bulk", Conns: 50, Rate: 1, Size: 65536, MaxSize: 65536},
		{Name: "slow readers", Conns: 20, Rate: 10, Size: 1024, MaxSize: 1024, Read: 1024},
		{Name: "reconnecting", Conns: 100, Rate: 1, Size: 100, MaxSize: 100, Reconnect: 5 * time.Second},
	}
	if s.Duration != time.Minute || !slices.Equal(s.Groups, want) || s.Conns() != 10_070 {
		t.Errorf("%+v", s)
	}
}

func TestBadScenarios(t *testing.T) {
	group := func(fields string) string {
		return `{"duration": "1s", "groups": [{"name": "a", "conns": 1` + fields + `}]}`
	}
	for text, want := range map[string]string{
		``:                                               "EOF",
		`{"groups": [{}]}`:                               `group 1 (""): name is missing`,
		`{"duration": "1s"}`:                             "groups is missing",
		`{"duration": "1s", "grups": []}`:                `unknown field "grups"`,
		`{"duration": 5, "groups": []}`:                  `5 is no duration`,
		`{"groups": [{"name":"a","conns":1}]}`:           "duration is missing",
		group(`, "conn": 1`):                             `group 1 ("a"): json: unknown field "conn"`,
		group(`, "conns": 0`):                            "conns is missing",
		group(`, "rate": -1`):                            "a rate of -1",
		group(`, "rate": 1e-10, "size": 1`):              "a rate of 1e-10",
		group(`, "rate": 1e6, "size": 1, "conns": 1000`): "a rate of 1e+09",
		group(`, "read": -1`):                            "cannot be negative",
		group(`, "conns": 9223372036854775807`):          "conns is missing, not positive, or more",
		group(`, "size": 9223372036854775807`):           "size cannot be more",
		`{"duration": "2562047h", "groups": [{"name":"a","conns":1}]}`: "duration is missing, not positive, or more",
		group(`, "rate": 1`):                                                         "size is missing",
		group(`, "rate": 1, "size": "9-5"`):                                          `size "9-5" is neither`,
		group(`, "rate": 1, "size": -5`):                                             "size -5 is neither",
		group(`, "rate": 1, "size": "x"`):                                            `size "x" is neither`,
		group(`, "reconnect": "soon"`):                                               `invalid duration "soon"`,
		group(`, "read": 5`):                                                         "read needs a rate",
		group(`, "read": 5, "rate": 1, "size": 1, "reconnect": "1s"`):                "do not go together",
		group(`, "read": 5, "rate": 1, "size": 1, "conns": 5000`):                    "1000 at most",
		group(``) + `{}`:                                                             "something follows",
		`{"duration":"1s","groups":[{"name":"a","conns":1},{"name":"a","conns":1}]}`: `two groups have the name "a"`,
	} {
		if s, err := ReadScenario(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", text, s, err, want)
		}
	}
}

func TestSharesAddUp(t *testing.T) {
	s, err := ReadScenario(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 3, 64} {
		conns := make([]int, len(s.Groups))
		for i := range n {
			share := s.Share(i, n)
			for k, h := range share.Groups {
				conns[k] += h.Conns
				if h.Conns < s.Groups[k].Conns/n || h.Conns > s.Groups[k].Conns/n+1 {
					t.Errorf("part %d of %d has %d of %d", i, n, h.Conns, s.Groups[k].Conns)
				}
			}
			if share.Duration != s.Duration || len(share.Groups) != len(s.Groups) {
				t.Errorf("part %d of %d: %+v", i, n, share)
			}
		}
		for k, h := range s.Groups {
			if conns[k] != h.Conns {
				t.Errorf("%d parts of %q have %d connections, want %d", n, h.Name, conns[k], h.Conns)
			}
		}
	}
}
