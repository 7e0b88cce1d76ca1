package proc

import (
	"runtime"
	"strings"
	"testing"
)

func TestMachine(t *testing.T) {
	name := Machine()
	for _, part := range []string{"Linux ", runtime.Version()} {
		if !strings.Contains(name, part) {
			t.Errorf("no %q in %q", part, name)
		}
	}
}
