package preflight

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// roomy is a machine that allows everything which these tests ask for.
var roomy = map[string]string{
	"proc/sys/fs/nr_open":                       "1048576\n",
	"proc/sys/fs/file-max":                      "9223372036854775807\n",
	"proc/sys/fs/file-nr":                       "684\t0\t9223372036854775807\n",
	"proc/sys/fs/epoll/max_user_watches":        "5491511\n",
	"proc/sys/net/ipv4/ip_local_port_range":     "32768\t60999\n",
	"proc/sys/net/ipv4/tcp_mem":                 "287898\t383867\t575796\n",
	"proc/sys/net/core/somaxconn":               "4096\n",
	"proc/sys/net/netfilter/nf_conntrack_max":   "262144\n",
	"proc/sys/net/netfilter/nf_conntrack_count": "10\n",
	"proc/meminfo":                              "MemTotal:  24684084 kB\nMemAvailable:   24124140 kB\n",
	"proc/77/limits":                            "Limit   Soft Limit  Hard Limit  Units\nMax open files            20000                20000                files\n",
}

// machine writes the files of a roomy machine, some replaced; an empty text
// leaves its file out.
func machine(t *testing.T, replaced map[string]string) Machine {
	t.Helper()
	root := t.TempDir()
	for _, files := range []map[string]string{roomy, replaced} {
		for name, text := range files {
			path := filepath.Join(root, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if text == "" {
				os.Remove(path)
			}
		}
	}
	return Machine{Root: root, Files: 20_000}
}

var need = Need{Conns: 10_000, Files: 10_100, PerPair: 10_000, InFlight: 10_000, Size: 125, Dialing: 64, Local: true, Server: 77}

func TestRoomyMachine(t *testing.T) {
	all := machine(t, nil).Checks(need)
	if len(all) != 10 {
		t.Errorf("%d checks, want 10: %+v", len(all), all)
	}
	for _, c := range all {
		if c.Grade != Passed || c.Why != "" || c.Fix != nil || c.Name == "" || c.Value == "" || c.Need == "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestEachLimitIsFoundTooLow(t *testing.T) {
	cases := []struct {
		file, text, check string
		grade             Grade
		fix               string
	}{
		{"proc/sys/fs/nr_open", "10099", "fs.nr_open", Fatal, "sysctl -w fs.nr_open=10100"},
		{"proc/sys/fs/file-max", "20783", "fs.file-max", Fatal, "sysctl -w fs.file-max=20784"},
		{"proc/77/limits", "Max open files 1024 4096 files", "descriptors of the server", Fatal, "ulimit -n 10100"},
		{"proc/sys/fs/epoll/max_user_watches", "19999", "fs.epoll.max_user_watches", Fatal, "sysctl -w fs.epoll.max_user_watches=20000"},
		{"proc/sys/net/ipv4/ip_local_port_range", "50000 59998", "net.ipv4.ip_local_port_range", Fatal, `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`},
		{"proc/sys/net/netfilter/nf_conntrack_max", "10009", "net.netfilter.nf_conntrack_max", Warning, "sysctl -w net.netfilter.nf_conntrack_max=10010"},
		{"proc/sys/net/core/somaxconn", "63", "net.core.somaxconn", Warning, "sysctl -w net.core.somaxconn=64"},
		{"proc/sys/net/ipv4/tcp_mem", "1 9999 20000", "net.ipv4.tcp_mem", Warning, `sysctl -w net.ipv4.tcp_mem="10000 12500 15000"`},
		{"proc/sys/net/ipv4/tcp_mem", "1 2 9999", "net.ipv4.tcp_mem", Fatal, `sysctl -w net.ipv4.tcp_mem="10000 12500 15000"`},
		{"proc/meminfo", "MemAvailable: 100000 kB", "available memory", Fatal, ""},
	}
	for _, c := range cases {
		all := machine(t, map[string]string{c.file: c.text}).Checks(need)
		i := slices.IndexFunc(all, func(found Check) bool { return found.Grade != Passed })
		if i < 0 || all[i].Name != c.check || all[i].Grade != c.grade || all[i].Why == "" || strings.Join(all[i].Fix, ";") != c.fix {
			t.Errorf("%s = %q: %+v", c.file, c.text, all)
		}
		if Worst(all) != c.grade {
			t.Errorf("%s = %q: worst %v, want %v", c.file, c.text, Worst(all), c.grade)
		}
	}
}

func TestDescriptorsOfThisProcess(t *testing.T) {
	m := machine(t, nil)
	m.Files = 300
	c := m.Checks(need)[0]
	if c.Grade != Fatal || c.Value != "300" || c.Need != "10,100" || c.Fix[0] != "ulimit -n 10100" {
		t.Errorf("%+v", c)
	}
}

func TestMorePortsThanThereAre(t *testing.T) {
	n := need
	n.PerPair = 64_513
	c, _ := machine(t, nil).ports(n)
	if c.Grade != Fatal || c.Fix != nil {
		t.Errorf("%+v", c)
	}
}

func TestServerElsewhere(t *testing.T) {
	n := need
	n.Local, n.Server = false, 0
	m := machine(t, nil)
	for _, c := range m.Checks(n) {
		if c.Name == "net.core.somaxconn" || c.Name == "descriptors of the server" {
			t.Errorf("checked here: %+v", c)
		}
	}
	if c, _ := m.watches(n); c.Need != "10,000" {
		t.Errorf("the other end counts here: %+v", c)
	}
}

// Without /proc nothing is known but our own limit.
func TestNothingKnown(t *testing.T) {
	all := Machine{Root: t.TempDir(), Files: 20_000}.Checks(need)
	if len(all) != 1 || Worst(all) != Passed {
		t.Errorf("%+v", all)
	}
}

func TestUnlimitedServer(t *testing.T) {
	m := machine(t, map[string]string{"proc/77/limits": "Max open files unlimited unlimited files"})
	if c, known := m.serverFiles(need); known {
		t.Errorf("%+v", c)
	}
}

func TestBuffered(t *testing.T) {
	for size, want := range map[int]int{0: page, 125: page, 2048: page, 2049: 2 * page, 1 << 20: 2 << 20} {
		if got := buffered(size); got != want {
			t.Errorf("%d B: %d, want %d", size, got, want)
		}
	}
}
