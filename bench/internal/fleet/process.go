package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/load"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// silence is how long a worker may say nothing before it is given up. A test
// shortens it.
var silence = 60 * time.Second

// process is a member in a process of its own, which runs [Serve].
type process struct {
	name     string
	cmd      *exec.Cmd
	outcomes chan result.Outcome // closed when the process has ended
	ended    string              // how, after that
	told     bool                // of its end

	writing sync.Mutex
	in      io.WriteCloser
	orders  *json.Encoder

	mu   sync.Mutex
	last result.Sample // its latencies are those since it was last asked for
	used time.Duration // of processors
}

func startProcess(program string, i int, o load.Options) (*process, error) {
	cmd := exec.Command(program, "worker")
	cmd.Stderr = os.Stderr
	// Ctrl-C on the terminal is for us: workers then get their orders.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a load process: %w", err)
	}
	p := &process{name: fmt.Sprintf("load process %d", i+1), cmd: cmd, outcomes: make(chan result.Outcome, 1), in: in, orders: json.NewEncoder(in)}
	go p.listen(out)
	p.order(order{Options: &o})
	return p, nil
}

// listen takes the worker's answers until it ends.
func (p *process) listen(out io.Reader) {
	stuck := time.AfterFunc(silence, func() { p.cmd.Process.Kill() })
	answers := json.NewDecoder(out)
	for {
		var a answer
		if answers.Decode(&a) != nil {
			break
		}
		stuck.Reset(silence)
		if a.Sample != nil {
			p.keep(*a.Sample)
		}
		if a.Outcome != nil {
			p.outcomes <- *a.Outcome
		}
	}
	p.cmd.Process.Kill() // it has closed its output, or written nonsense
	p.cmd.Wait()
	p.ended = p.cmd.ProcessState.String()
	if !stuck.Stop() {
		p.ended = fmt.Sprintf("said nothing for %v", silence)
	}
	p.forget()
	close(p.outcomes)
}

// keep takes a sample in place of the last one.
func (p *process) keep(s result.Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Latency.Merge(p.last.Latency)
	p.last = s
}

// forget takes the connections for gone, and keeps what the process has used.
func (p *process) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last.Open = 0
	p.used = max(p.used, p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime())
}

func (p *process) sample() result.Sample {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.last
	p.last.Latency = result.Sample{}.Latency
	return s
}

func (p *process) cpu() time.Duration {
	used, _ := proc.CPU(p.cmd.Process.Pid)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used = max(p.used, used)
	return p.used
}

// order sends an order. If it cannot be sent, the worker's end tells.
func (p *process) order(o order) {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.orders.Encode(o)
}

func (p *process) do(ctx context.Context, s Step) (result.Outcome, error) {
	before := p.cpu()
	p.order(order{Step: &s})
	defer context.AfterFunc(ctx, func() { p.order(order{Cancel: true}) })()
	o, running := <-p.outcomes
	if running || p.told {
		return o, nil
	}
	p.told = true
	o.CPU = p.cpu() - before
	return o, fmt.Errorf("%s ended, with its connections: %s", p.name, p.ended)
}

// end has the worker end, and waits for it.
func (p *process) end() {
	p.in.Close()
	for range p.outcomes {
	}
}
