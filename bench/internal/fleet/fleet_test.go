package fleet

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// TestMain lets the test's program be a worker, as the bench program is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// patience is for what should happen at once, on a machine that is busy.
const patience = 20 * time.Second

// echoServer serves in this process until the test ends.
func echoServer(t *testing.T) (url string) {
	t.Helper()
	srv := engine.NewServer(engine.HandlerFuncs{Message: func(c *engine.Conn, op codec.Opcode, payload []byte) { c.Send(op, payload) }}, engine.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return "ws://" + l.Addr().String() + "/"
}

// start starts a fleet of n members with so many connections.
func start(t *testing.T, n, conns int) *Fleet {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Start(program, n, load.Options{URL: echoServer(t), Conns: conns, Parallel: 8, MaxSize: 100, MaxDepth: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.end)
	return f
}

func TestMembersShareTheWork(t *testing.T) {
	for _, n := range []int{1, 3} {
		f := start(t, n, 10)
		if o := f.Do(t.Context(), Step{Dial: true}); o.Conns != 10 || o.Open != 10 || o.Connect.Count() != 10 || o.CPU <= 0 {
			t.Errorf("%d members dialed: %+v", n, o)
		}
		run := load.Run{Size: 50, Depth: 1, Messages: 4, Duration: patience}
		if o := f.Do(t.Context(), Step{Exchange: &run}); o.Messages != 40 || o.Latency.Count() != 40 || o.Open != 10 || len(o.Errors) != 0 {
			t.Errorf("%d members exchanged: %+v", n, o)
		}
		s := f.Sample()
		if s.Open != 10 || s.Messages != 40 || s.Errors != 0 || s.Latency.Count() != 40 {
			t.Errorf("%d members' sample: %+v", n, s)
		}
		if again := f.Sample(); again.Messages != 40 || again.Latency.Count() != 0 {
			t.Errorf("%d members' second sample: %+v", n, again)
		}
		if f.CPU() <= 0 {
			t.Errorf("%d members used no processor time", n)
		}
		if errs := f.Close(); len(errs) != 0 {
			t.Errorf("%d members: %v", n, errs)
		}
	}
}

func TestHoldSamples(t *testing.T) {
	f := start(t, 2, 6)
	f.Do(t.Context(), Step{Dial: true})
	hold := Hold{Duration: 50 * time.Millisecond, Sample: 4, Every: 10 * time.Millisecond, Size: 20}
	o := f.Do(t.Context(), Step{Hold: &hold})
	if o.Messages == 0 || o.Messages%2 != 0 || o.Open != 6 || o.Conns != 6 || o.Elapsed < hold.Duration || len(o.Errors) != 0 {
		t.Errorf("%+v", o)
	}
	hold = Hold{Duration: 10 * time.Millisecond}
	if o := f.Do(t.Context(), Step{Hold: &hold}); o.Messages != 0 || o.Open != 6 {
		t.Errorf("without a sample: %+v", o)
	}
	if errs := f.Close(); len(errs) != 0 {
		t.Error(errs)
	}
}

// A message that is published last has as much time as the others.
func TestBroadcastTakesItsTime(t *testing.T) {
	f := start(t, 1, 1) // the server's echo reaches the only one
	f.Do(t.Context(), Step{Dial: true})
	b := load.Broadcast{Size: 50, Rate: 5, Duration: 400 * time.Millisecond}
	if o := f.Do(t.Context(), Step{Broadcast: &b}); o.Messages != 2 || o.Elapsed < b.Duration || len(o.Errors) != 0 {
		t.Errorf("%d messages in %v, errors %v", o.Messages, o.Elapsed, o.Errors)
	}
	f.Close()
}

func TestCancelEndsAStepInGoodOrder(t *testing.T) {
	f := start(t, 2, 4)
	f.Do(t.Context(), Step{Dial: true})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	o := f.Do(ctx, Step{Exchange: &load.Run{Size: 50, Depth: 1, Duration: time.Hour}})
	if took := time.Since(began); took > patience {
		t.Errorf("ended after %v", took)
	}
	if o.Messages == 0 || o.Open != 4 || len(o.Errors) != 0 {
		t.Errorf("%+v", o)
	}
	if errs := f.Close(); len(errs) != 0 {
		t.Error(errs)
	}
}

// exchangeUntil exchanges messages until something happens to the first
// member, and gives the errors of the fleet's life.
func exchangeUntil(t *testing.T, f *Fleet, happen func(pid int)) map[string]int {
	t.Helper()
	f.Do(t.Context(), Step{Dial: true})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for f.Sample().Messages == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		happen(f.members[0].(*process).cmd.Process.Pid)
		f.members[0].(*process).awaitEnd(ctx)
		cancel()
	}()
	f.Do(ctx, Step{Exchange: &load.Run{Size: 50, Depth: 1, Duration: time.Hour}})
	<-ended
	return f.Close()
}

// awaitEnd waits until a member is known to be gone.
func (p *process) awaitEnd(ctx context.Context) {
	for p.sample().Open > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

func TestKilledMember(t *testing.T) {
	f := start(t, 3, 9)
	errs := exchangeUntil(t, f, func(pid int) { syscall.Kill(pid, syscall.SIGKILL) })
	if used := f.members[0].cpu(); used <= 0 {
		t.Errorf("it has used %v", used)
	}
	if len(errs) != 1 || errs["load process 1 ended, with its connections: signal: killed"] != 1 {
		t.Error(errs)
	}
}

func TestStuckMember(t *testing.T) {
	defer func(before time.Duration) { silence = before }(silence)
	silence = time.Second
	errs := exchangeUntil(t, start(t, 2, 4), func(pid int) { syscall.Kill(pid, syscall.SIGSTOP) })
	if errs["load process 1 ended, with its connections: said nothing for 1s"] != 1 { // a slow machine may lose the other too
		t.Error(errs)
	}
}

func TestFleetThatCannotStart(t *testing.T) {
	o := load.Options{URL: "ws://127.0.0.1:1/", Conns: 2}
	if _, err := Start("/nowhere/at/all", 2, o); err == nil {
		t.Error("started what does not exist")
	}
	o.URL = "http://127.0.0.1/"
	if _, err := Start("", 1, o); err == nil {
		t.Error("started with a wrong URL")
	}
}

// A program that is no worker ends at once.
func TestProgramThatIsNoWorker(t *testing.T) {
	f, err := Start("/bin/false", 2, load.Options{URL: "ws://127.0.0.1:1/", Conns: 2})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f.Do(t.Context(), Step{Dial: true})
	}
	if errs := f.Close(); len(errs) != 2 {
		t.Error(errs)
	}
}

func TestServeEndsWithItsOrders(t *testing.T) {
	for orders, want := range map[string]string{
		"":                        "EOF",
		`{"cancel":true}`:         "no options",
		`{"options":{"URL":"x"}}`: "no URL",
		`{"options":{"URL":"ws://127.0.0.1:1/"}}{"cancel":true}`: "",
		`{"options":{"URL":"ws://127.0.0.1:1/"}}nonsense`:        "invalid character",
	} {
		err := Serve(strings.NewReader(orders), new(strings.Builder))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", orders, err, want)
		}
	}
}
