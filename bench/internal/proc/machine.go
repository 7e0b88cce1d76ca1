package proc

import (
	"bytes"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine names what figures depend on: processor, kernel and Go.
func Machine() string {
	parts := []string{runtime.Version()}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		parts = append([]string{unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:])}, parts...)
	}
	if model := processor(); model != "" {
		parts = append([]string{model}, parts...)
	}
	return strings.Join(parts, ", ")
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(text) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
