package listen

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestParseActivation(t *testing.T) {
	named := func(names ...string) (all []description) {
		for _, n := range names {
			all = append(all, description{Name: n})
		}
		return all
	}
	for _, tt := range []struct {
		pid, fds, names string
		want            []description
		err             string
	}{
		{"", "", "", nil, ""},
		{"7", "", "", nil, ""},
		{"", "1", "", nil, ""},
		{"8", "1", "a", nil, ""},
		{"8", "nonsense", "a:b:c", nil, ""},
		{"7", "1", "", named("unknown"), ""},
		{"7", "2", "", named("unknown", "unknown"), ""},
		{"7", "1", "ws", named("ws"), ""},
		{"7", "3", "ws::ws", named("ws", "", "ws"), ""},
		{"7", "2", "ws", nil, "1 names for 2"},
		{"7", "1", "ws:", nil, "2 names for 1"},
		{"7", "0", "", nil, "LISTEN_FDS"},
		{"7", "-1", "", nil, "LISTEN_FDS"},
		{"7", "1000000", "", nil, "LISTEN_FDS"},
		{"7", "99999999999999999999", "", nil, "LISTEN_FDS"},
		{"7", "one", "", nil, "LISTEN_FDS"},
		{"seven", "1", "", nil, "LISTEN_PID"},
		{"0", "1", "", nil, "LISTEN_PID"},
		{"-7", "1", "", nil, "LISTEN_PID"},
	} {
		got, err := parseActivation(7, tt.pid, tt.fds, tt.names)
		if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q %q %q: %v, %v", tt.pid, tt.fds, tt.names, got, err)
		}
	}
}

var number = regexp.MustCompile(`^[+-]?0*[0-9]{1,9}$`)

// Whatever is in the environment, what is passed has the names that are there,
// in their order.
func FuzzParseActivation(f *testing.F) {
	f.Add(7, "7", "3", "a:b:c")
	f.Add(7, "8", "1", "")
	f.Add(1, "+1", "01", "::")
	f.Fuzz(func(t *testing.T, self int, pid, fds, names string) {
		got, err := parseActivation(self, pid, fds, names)
		if err != nil && got != nil {
			t.Fatalf("%v and %v", got, err)
		}
		if err != nil || got == nil {
			if number.MatchString(pid) && number.MatchString(fds) && names == "" {
				p, _ := strconv.Atoi(pid)
				n, _ := strconv.Atoi(fds)
				if p == self && p > 0 && n > 0 && n <= maxSockets {
					t.Fatalf("refused %q %q: %v", pid, fds, err)
				}
			}
			return
		}
		var list []string
		for _, d := range got {
			if !d.ofSystemd() || d.Owned {
				t.Fatalf("%+v", d)
			}
			list = append(list, d.Name)
		}
		n, _ := strconv.Atoi(fds)
		if p, _ := strconv.Atoi(pid); p != self || n != len(got) || names != "" && strings.Join(list, ":") != names {
			t.Fatalf("%q %q %q: %q", pid, fds, names, list)
		}
	})
}

func TestBequest(t *testing.T) {
	for _, b := range []bequest{
		{First: 3, Pipe: 1 << 63, PID: 7},
		{First: 5, Sockets: []description{{Name: "a:b,\"c\n", Network: "tcp", Addr: ":8080"}, {Name: "", Network: "unix", Addr: "/run/s", Owned: true}}},
	} {
		text, _ := strings.CutPrefix(b.variable(), bequestVar+"=")
		if got, err := parseBequest(text); err != nil || !reflect.DeepEqual(got, b) {
			t.Errorf("%+v became %+v, %v", b, got, err)
		}
	}
	for _, text := range []string{"", "null", "{}", "[]", "nonsense", `{"First":2}`, `{"First":-3}`, `{"First":9223372036854775807}`, `{"First":3,"Sockets":7}`} {
		if b, err := parseBequest(text); err == nil {
			t.Errorf("%q became %+v", text, b)
		}
	}
}

// Whatever was parsed can be written and parsed again.
func FuzzParseBequest(f *testing.F) {
	f.Add(bequest{First: 3, Sockets: []description{{Name: "ws"}}, Pipe: 5}.variable())
	f.Add("{}")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.TrimPrefix(text, bequestVar+"=")
		b, err := parseBequest(text)
		if err != nil {
			return
		}
		if b.First < firstFD || b.pipe() < b.First || len(b.Sockets) > maxSockets {
			t.Fatalf("%q became %+v", text, b)
		}
		again, err := parseBequest(strings.TrimPrefix(b.variable(), bequestVar+"="))
		if err != nil || again.First != b.First || again.Pipe != b.Pipe || len(again.Sockets) != len(b.Sockets) {
			t.Fatalf("%+v became %+v, %v", b, again, err)
		}
	})
}
