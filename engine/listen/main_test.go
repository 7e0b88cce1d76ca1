package listen_test

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"testing"
	"time"
)

// patience is how long anything that must happen may take.
const patience = 20 * time.Second

// Some tests run this program as a child with a role. At the end no goroutine
// and no descriptor may be left.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVar); role != "" {
		os.Exit(play(role))
	}
	// The runtime keeps what it starts for these; fuzzing asks for signals.
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, os.Interrupt)
	signal.Stop(ignored)
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Release()
	}
	goroutines, fds := runtime.NumGoroutine(), descriptors()
	code := m.Run()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > goroutines || descriptors() > fds; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			fmt.Printf("left over: %d goroutines after %d, %d descriptors after %d\n", runtime.NumGoroutine(), goroutines, descriptors(), fds)
			code = max(code, 1)
			break
		}
	}
	os.Exit(code)
}

// descriptors counts those of this process.
func descriptors() int {
	all, _ := os.ReadDir("/dev/fd")
	return len(all)
}
