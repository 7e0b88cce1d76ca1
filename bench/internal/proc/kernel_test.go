package proc

import (
	"os"
	"testing"
)

func TestKernelMemory(t *testing.T) {
	n, err := KernelMemory()
	if err != nil || n < 1<<20 {
		t.Errorf("%d B, %v: no kernel is that small", n, err)
	}
}

func TestTCPPages(t *testing.T) {
	for text, want := range map[string]int64{
		"sockets: used 9\nTCP: inuse 5 orphan 0 tw 1 alloc 6 mem 37\nUDP: inuse 1 mem 2\n": 37,
		"UDP: inuse 1 mem 2\n": -1,
		"TCP: inuse 5 mem\n":   -1,
		"":                     -1,
	} {
		got, err := tcpPages([]byte(text))
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestPeakRSS(t *testing.T) {
	peak, err := PeakRSS(os.Getpid())
	now, _ := RoughRSS(os.Getpid())
	if err != nil || peak < now/2 || peak < 1<<20 {
		t.Errorf("%d B, %v; %d B now", peak, err, now)
	}
}
