package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

const patience = 10 * time.Second // for whatever should happen at once

// program is the built server.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "echo")
	if err != nil {
		log.Fatal(err)
	}
	program = filepath.Join(dir, "echo")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		log.Fatalf("%v\n%s", err, out)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// start runs the server on a free port. stop ends it with SIGTERM and gives
// what its exit was; it is called at the test's end at the latest.
func start(t *testing.T, args ...string) (addr string, stop func() error) {
	t.Helper()
	cmd := exec.Command(program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	var ended error
	stopped := false
	stop = func() error {
		if !stopped {
			stopped = true
			cmd.Process.Signal(syscall.SIGTERM)
			ended = cmd.Wait()
			late.Stop()
		}
		return ended
	}
	t.Cleanup(func() { stop() })
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		t.Fatalf("first line %q (%v)", line, err)
	}
	return addr, stop
}

// client keeps what it hears.
type client struct {
	*engine.Conn
	messages chan message
	closed   chan error
}

type message struct {
	op      codec.Opcode
	payload []byte
}

func dial(t *testing.T, addr string, o engine.DialOptions) (*client, error) {
	t.Helper()
	c := &client{messages: make(chan message, 10), closed: make(chan error, 1)}
	o.MaxMessage = 2 << 20
	conn, err := engine.Dial(t.Context(), "ws://"+addr, engine.HandlerFuncs{
		Message: func(_ *engine.Conn, op codec.Opcode, p []byte) { c.messages <- message{op, bytes.Clone(p)} },
		Close:   func(_ *engine.Conn, err error) { c.closed <- err },
	}, o)
	c.Conn = conn
	return c, err
}

// mustDial opens a connection to an address, and the path behind it if there
// is one.
func mustDial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := dial(t, addr, engine.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Abort)
	return c
}

func (c *client) expect(t *testing.T, op codec.Opcode, payload []byte) {
	t.Helper()
	select {
	case m := <-c.messages:
		if m.op != op || !bytes.Equal(m.payload, payload) {
			t.Errorf("got opcode %v and %d bytes, want %v and %d", m.op, len(m.payload), op, len(payload))
		}
	case err := <-c.closed:
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("no message")
	}
}

func (c *client) expectClose(t *testing.T, code codec.CloseCode) {
	t.Helper()
	select {
	case err := <-c.closed:
		if e, ok := errors.AsType[*engine.CloseError](err); !ok || e.Code != code || !e.Clean {
			t.Errorf("closed with %v, want %v and clean", err, code)
		}
	case <-time.After(patience):
		t.Fatal("not closed")
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return b
}

func TestEcho(t *testing.T) {
	addr, _ := start(t)
	c := mustDial(t, addr)
	for _, m := range []message{
		{codec.Text, []byte("hällo")},
		{codec.Text, nil},
		{codec.Binary, []byte{0xff, 0, 1}},
		{codec.Binary, random(70_000)},
		{codec.Binary, random(1 << 20)},
	} {
		if err := c.Send(m.op, m.payload); err != nil {
			t.Fatal(err)
		}
		c.expect(t, m.op, m.payload)
	}
}

func TestBroadcast(t *testing.T) {
	addr, _ := start(t, "-broadcast")
	clients := []*client{mustDial(t, addr), mustDial(t, addr), mustDial(t, addr)}
	for i, from := range clients {
		text := fmt.Sprint("message ", i)
		if err := from.SendText(text); err != nil {
			t.Fatal(err)
		}
		for _, to := range clients {
			to.expect(t, codec.Text, []byte(text))
		}
	}
}

// Others' messages go back, while one connection sends to all.
func TestBroadcastPath(t *testing.T) {
	addr, _ := start(t)
	all, alone := mustDial(t, addr+"/broadcast"), mustDial(t, addr)
	alone.SendText("back")
	alone.expect(t, codec.Text, []byte("back"))
	all.SendText("to all")
	alone.expect(t, codec.Text, []byte("to all"))
	all.expect(t, codec.Text, []byte("to all"))
}

func TestMaxMessage(t *testing.T) {
	addr, _ := start(t, "-max-message", "100", "-loops", "1")
	c := mustDial(t, addr)
	c.Send(codec.Binary, random(100))
	c.expect(t, codec.Binary, random(100))
	c.Send(codec.Binary, random(101))
	c.expectClose(t, codec.CloseMessageTooBig)
}

func TestSubprotocol(t *testing.T) {
	addr, _ := start(t, "-subprotocol", "a,b", "-subprotocol", "c")
	for offered, want := range map[string]string{"x,b": "b", "c,a": "a", "x,c": "c"} {
		c, err := dial(t, addr, engine.DialOptions{Subprotocols: strings.Split(offered, ",")})
		if err != nil {
			t.Fatal(err)
		}
		if c.Subprotocol() != want {
			t.Errorf("offered %s: chose %q, want %q", offered, c.Subprotocol(), want)
		}
		c.Abort()
	}
	if c, err := dial(t, addr, engine.DialOptions{Subprotocols: []string{"x"}}); err == nil {
		t.Error("accepted an unknown subprotocol")
		c.Abort()
	}
}

func TestShutdown(t *testing.T) {
	addr, stop := start(t)
	c := mustDial(t, addr)
	c.SendText("before")
	c.expect(t, codec.Text, []byte("before"))
	if err := stop(); err != nil {
		t.Errorf("ended with %v, want status 0", err)
	}
	c.expectClose(t, codec.CloseGoingAway)
}

// Who connects and says nothing is given up.
func TestHandshakeTimeout(t *testing.T) {
	addr, stop := start(t, "-handshake-timeout", "50ms")
	silent, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	silent.SetDeadline(time.Now().Add(patience))
	if answer, err := io.ReadAll(silent); err != nil {
		t.Errorf("%q, %v: want an answer and an end", answer, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestMemory(t *testing.T) {
	debug := freeAddr(t)
	addr, _ := start(t, "-pprof", debug)
	mustDial(t, addr)
	mustDial(t, addr)
	m := getMemory(t, debug)
	if m.GCCount < 1 || m.GCPauseMax <= 0 || m.GCPauseTotal < m.GCPauseMax || m.Sys < m.Heap {
		t.Errorf("%+v", m)
	}
	if m.PID <= 0 || m.Goroutines < 2 || m.Threads < 2 || m.RSS < 1<<20 || m.Heap < 1<<10 || m.Connections != 2 || m.Timers != 2 {
		t.Errorf("%+v", m)
	}
	collected := m.GCCount
	if m = askMemory(t, debug, "?collect=no"); m.GCCount != collected {
		t.Errorf("%d collections, which nobody asked for", m.GCCount-collected)
	}
}

// A server that has just begun has collected nothing yet.
func TestMemoryBeforeAnyCollection(t *testing.T) {
	debug := freeAddr(t)
	start(t, "-pprof", debug)
	if m := askMemory(t, debug, "?collect=no"); m.PID <= 0 {
		t.Errorf("%+v", m)
	}
}

// freeAddr gives an address on which nobody listens now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func getMemory(t *testing.T, addr string) memory {
	t.Helper()
	return askMemory(t, addr, "")
}

func askMemory(t *testing.T, addr, query string) (m memory) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/debug/memory"+query, nil)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWrongUsage(t *testing.T) {
	for args, want := range map[string]int{"-nonsense": 2, "-compress=all": 2, "extra": 2, "-addr=nowhere:x": 1} {
		err := exec.Command(program, args).Run()
		if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != want {
			t.Errorf("%s: %v, want status %d", args, err, want)
		}
	}
}

func TestCompress(t *testing.T) {
	for _, args := range [][]string{{"-compress", "-compress-min", "1"}, {"-compress=takeover", "-compress-window", "9"}} {
		addr, _ := start(t, args...)
		c, err := dial(t, addr, engine.DialOptions{Compression: &engine.Compression{ContextTakeover: true}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Abort)
		text := []byte(strings.Repeat("again and ", 20_000))
		c.Send(codec.Text, text)
		c.expect(t, codec.Text, text)
	}
}
