package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of /proc/stat, USER_HZ of every Linux that Go runs on.
const tick = time.Second / 100

// Stolen gives the time in which processors had work but the hypervisor gave
// them to other virtual machines, of all processors together since boot, in
// steps of 10 ms. What is measured meanwhile tells of the neighbours of the
// machine. It is 0 where nobody counts it.
func Stolen() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return stolen(text)
}

// stolen finds the eighth number in "cpu  1 2 3 4 5 6 7 8 9 10".
func stolen(stat []byte) (time.Duration, error) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	words := bytes.Fields(line)
	if len(words) < 9 || string(words[0]) != "cpu" {
		return 0, fmt.Errorf("/proc/stat does not tell the time that was stolen: %q", line)
	}
	ticks, err := strconv.ParseInt(string(words[8]), 10, 64)
	return time.Duration(ticks) * tick, err
}
