package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// The first program in the README must build, vet clean, and echo.
func TestReadmeExample(t *testing.T) {
	addr := freeAddr(t)
	startProgram(t, strings.Replace(firstGoBlock(t, "../README.md"), `":8080"`, `"`+addr+`"`, 1))
	awaitListener(t, addr)
	withEach(t, func(t *testing.T, lib library) {
		c := lib.open(t, "ws://"+addr, dialOptions{})
		echo(t, c, message{true, []byte("hello")})
		echo(t, c, message{false, noise(100_000, false)})
	})
}

func firstGoBlock(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```go\n")
	code, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatalf("%s has no Go program", file)
	}
	return code
}

// freeAddr gives an address on which nobody listens now. Its port is below
// those that Linux by default gives to outgoing connections: one of them could
// take it before its listener does.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no free port found")
	return ""
}

// awaitListener tries again until somebody listens at addr.
func awaitListener(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("nobody listens at %s: %v", addr, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
