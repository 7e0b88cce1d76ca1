package preflight

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func sysctl(name string, value int) string { return fmt.Sprintf("sysctl -w %s=%d", name, value) }

// numbers gives the numbers in a file below /proc/sys; none if there is no
// such file. One beyond an int is as good as none: the greatest int.
func (m Machine) numbers(name string) (all []int) {
	text, _ := os.ReadFile(filepath.Join(m.Root, "proc/sys", name))
	for word := range strings.FieldsSeq(string(text)) {
		n, _ := strconv.Atoi(word) // gives the greatest int if it is beyond
		all = append(all, n)
	}
	return all
}

// number gives the first of them.
func (m Machine) number(name string) (n int, known bool) {
	all := m.numbers(name)
	if len(all) == 0 {
		return 0, false
	}
	return all[0], true
}

// line gives the words of the line of a file that begins so.
func (m Machine) line(file, begins string) []string {
	text, _ := os.ReadFile(filepath.Join(m.Root, file))
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, begins) {
			return strings.Fields(line)
		}
	}
	return nil
}
