package forwarded

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The oracle knows valid lists alone, and reads them from their beginning.

const (
	token  = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
	quoted = `"(?:[^"\\]|\\.)*"`
	pair   = `(` + token + `)=(` + token + `|` + quoted + `)`
)

var (
	validPair = regexp.MustCompile(`(?s)^[ \t]*(?:` + pair + `)?[ \t]*`)
	escapes   = regexp.MustCompile(`(?s)\\(.)`)
	nodeOf    = regexp.MustCompile(`^(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}|_[0-9A-Za-z._-]+))?$`)
)

// oracleNode gives what [all] gives for a node.
func oracleNode(node string) string {
	m := nodeOf.FindStringSubmatch(node)
	if m == nil {
		return "?"
	}
	a, err := netip.ParseAddr(m[1] + m[2])
	if err != nil || a.Is4() != (m[1] != "") {
		return "?"
	}
	a = a.Unmap()
	if m[3] == "" || m[3][0] == '_' || strings.Trim(m[3], "0") == "" {
		return a.String()
	}
	both, err := netip.ParseAddrPort("1.1.1.1:" + strings.TrimLeft(m[3], "0"))
	if err != nil {
		return "?"
	}
	return netip.AddrPortFrom(a, both.Port()).String()
}

// oracleForwarded gives what is in a list, the last first; not ok if it is
// malformed.
func oracleForwarded(line string) (nodes []string, ok bool) {
	nodes = []string{}
	node, pairs, found := "?", 0, 0
	for {
		m := validPair.FindStringSubmatch(line)
		line = line[len(m[0]):]
		if m[1] != "" {
			pairs++
			if strings.EqualFold(m[1], "for") {
				found++
				value := m[2]
				if value[0] == '"' {
					value = escapes.ReplaceAllString(value[1:len(value)-1], "$1")
				}
				node = oracleNode(value)
			}
		}
		if line != "" && line[0] == ';' {
			pairs++ // so that the element is not empty
			line = line[1:]
			continue
		}
		if line != "" && line[0] != ',' {
			return nil, false
		}
		if found > 1 {
			node = "?"
		}
		if pairs > 0 {
			nodes = append(nodes, node)
		}
		if line == "" {
			slices.Reverse(nodes)
			return nodes, true
		}
		line, node, pairs, found = line[1:], "?", 0, 0
	}
}

func oracleXForwardedFor(line string) (nodes []string) {
	for item := range strings.SplitSeq(line, ",") {
		item = strings.Trim(item, " \t")
		if item == "" {
			continue
		}
		node := oracleNode(item)
		if a, err := netip.ParseAddr(item); err == nil && a.Zone() == "" {
			node = a.Unmap().String()
		}
		nodes = append(nodes, node)
	}
	slices.Reverse(nodes)
	return nodes
}

const behind = `, for=192.0.2.1;by="a,b\"\\", for="[2001:db8::1]:80"`

func compare(t *testing.T, line string) {
	t.Helper()
	got := all(Forwarded([]string{line}))
	if want, ok := oracleForwarded(line); ok && !slices.Equal(got, want) {
		t.Fatalf("Forwarded: %q: %q, want %q", line, got, want)
	}
	tailed := all(Forwarded([]string{line + behind}))
	if len(tailed) < 2 || tailed[0] != "[2001:db8::1]:80" || tailed[1] != "192.0.2.1" {
		t.Fatalf("Forwarded behind %q: %q", line, tailed)
	}
	if got, want := all(XForwardedFor([]string{line})), oracleXForwardedFor(line); !slices.Equal(got, want) {
		t.Fatalf("X-Forwarded-For: %q: %q, want %q", line, got, want)
	}
}

func FuzzLists(f *testing.F) {
	for _, line := range []string{
		"", "192.0.2.1", "192.0.2.1, 2001:db8::1 ,[2001:db8::1]:80,unknown", behind[2:],
		`for=192.0.2.60;proto=http;by=203.0.113.43, For="[2001:db8:cafe::17]:4711", for=_a`, `for="a\"`, `;,;for=1.2.3.4:_x`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) { compare(t, line) })
}

// Lists of pieces that matter, most of them malformed.
func TestGenerated(t *testing.T) {
	pieces := []string{"for", "by", "=", "=", "192.0.2.1", "[2001:db8::1]", "2001:db8::1", ":", "80", "_a", `"`, `"`, `\`, ",", ",", ";", " ",
		`for=192.0.2.7`, `for="[::1]:99"`, `proto="a,b"`, "for=unknown", "\t", "é"}
	r := rand.New(rand.NewPCG(3, 4))
	valid := 0
	for range 20_000 {
		var line strings.Builder
		for range r.IntN(10) {
			line.WriteString(pieces[r.IntN(len(pieces))])
		}
		compare(t, line.String())
		if nodes, ok := oracleForwarded(line.String()); ok && len(nodes) > 0 {
			valid++
		}
	}
	if valid < 400 {
		t.Errorf("only %d lists were valid", valid)
	}
}
