package proc

import (
	"net"
	"os"
	"testing"
)

func TestListener(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", ":0"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if pid, err := Listener(port); pid != os.Getpid() {
			t.Errorf("%v: process %d listens (%v), want %d", l.Addr(), pid, err, os.Getpid())
		}
		l.Close()
		if pid, err := Listener(port); err == nil {
			t.Errorf("%v: process %d listens after Close", l.Addr(), pid)
		}
	}
}
