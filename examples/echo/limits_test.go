package main

import (
	"bufio"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// refused opens a connection and fails unless the answer has this status.
func refused(t *testing.T, addr, status string) {
	t.Helper()
	c, err := dial(t, addr, engine.DialOptions{})
	if err == nil {
		c.Abort()
	}
	if err == nil || !strings.Contains(err.Error(), status) {
		t.Errorf("got %v, want status %s", err, status)
	}
}

func TestMaxConns(t *testing.T) {
	for flag, status := range map[string]string{"-max-conns": "503", "-max-conns-per-addr": "429", "-max-conn-rate": "429"} {
		t.Run(flag, func(t *testing.T) {
			addr, _ := start(t, flag, "1")
			mustDial(t, addr)
			refused(t, addr, status)
		})
	}
}

func TestRates(t *testing.T) {
	for flag, limit := range map[string]string{"-max-message-rate": "1", "-max-byte-rate": "100"} {
		t.Run(flag, func(t *testing.T) {
			addr, _ := start(t, flag, limit)
			c := mustDial(t, addr)
			for range 3 {
				c.Send(codec.Binary, random(60))
			}
			for {
				select {
				case <-c.messages: // those before
				case err := <-c.closed:
					c.closed <- err
					c.expectClose(t, codec.ClosePolicyViolation)
					return
				}
			}
		})
	}
}

// With this policy all arrive, later.
func TestRatePolicy(t *testing.T) {
	addr, _ := start(t, "-max-message-rate", "2", "-rate-policy", "pause")
	c := mustDial(t, addr)
	for range 3 {
		c.SendText("patience")
	}
	for range 3 {
		c.expect(t, codec.Text, []byte("patience"))
	}
}

func TestMaxMemory(t *testing.T) {
	debug := freeAddr(t)
	addr, _ := start(t, "-max-memory", "100000", "-pprof", debug)
	half := sendHalf(t, addr, 10_000)
	for deadline := time.Now().Add(patience); getMemory(t, debug).Buffered < 10_000; {
		if time.Now().After(deadline) {
			t.Fatal("half a message is not told of")
		}
	}
	half.Write(random(200_000))
	half.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, half); err != nil { // a Close, and the end
		t.Error(err)
	}
}

// sendHalf opens a connection and sends a message of 500,000 bytes as far as
// its first n.
func sendHalf(t *testing.T, addr string, n int) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	c.SetReadDeadline(time.Now().Add(patience))
	answer := bufio.NewReader(c)
	for line := "-"; strings.TrimSpace(line) != ""; {
		if line, err = answer.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	c.Write(codec.AppendMaskedFrame(nil, codec.Binary, random(500_000), [4]byte{1, 2, 3, 4})[:n])
	return c
}

// A peer that reads nothing is cut once it has taken nothing for a while.
func TestWriteTimeout(t *testing.T) {
	debug := freeAddr(t)
	addr, _ := start(t, "-write-timeout", "100ms", "-max-message", "16777216", "-max-buffered", "33554432", "-pprof", debug)
	c := sendHalf(t, addr, 0)
	c.Write(codec.AppendMaskedFrame(nil, codec.Binary, random(15<<20), [4]byte{1, 2, 3, 4}))
	for deadline := time.Now().Add(patience); getMemory(t, debug).Connections > 0; {
		if time.Now().After(deadline) {
			t.Fatal("not cut")
		}
	}
}

func TestSpread(t *testing.T) {
	addr, stop := start(t, "-shutdown-spread", "300ms", "-loops", "1")
	clients := []*client{mustDial(t, addr), mustDial(t, addr), mustDial(t, addr)}
	began := time.Now()
	if err := stop(); err != nil {
		t.Error(err)
	}
	for _, c := range clients {
		c.expectClose(t, codec.CloseGoingAway)
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("three connections closed in %v, want them 100 ms apart", took)
	}
}

func TestPolicies(t *testing.T) {
	start(t, "-send-policy", "drop-newest", "-max-buffered", "100", "-mailbox", "1", "-workers", "2")
	start(t, "-send-policy", "drop-oldest")
	for _, flag := range []string{"-send-policy", "-rate-policy"} {
		err := exec.Command(program, flag, "sometimes").Run()
		if err == nil || err.(*exec.ExitError).ExitCode() != 2 {
			t.Errorf("%s sometimes: %v, want status 2", flag, err)
		}
	}
}
