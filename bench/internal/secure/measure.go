package secure

import (
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// Plan is how servers are measured.
type Plan struct {
	Conns    int           // idle connections
	Duration time.Duration // of each load
	Config   *tls.Config   // of the clients
}

// Figures are what one server needs.
type Figures struct {
	Idle       float64 // bytes of RSS for an idle connection, after a message of 1 KiB
	IdleLarge  float64 // the same after one of 16 KiB, in one record
	Message    float64 // microseconds of CPU time for an echoed message of 1 KiB
	Handshakes float64 // TLS handshakes, none resumed, for a second of CPU time
	Large      float64 // microseconds of CPU time for an echoed message of 1 MiB
}

// largestInOneRecord is the payload of a message whose frame is the largest
// record that there is.
const largestInOneRecord = 16<<10 - 8

// warmConns are opened before the idle ones, so that what all have in common
// is there.
const warmConns = 500

// Measure measures a server that runs already.
func (p *Plan) Measure(s *proc.Server) (f Figures, err error) {
	for _, measure := range []func(*proc.Server, *Figures) error{p.handshakes, p.idle} {
		if err := measure(s, &f); err != nil {
			return f, err
		}
	}
	return f, nil
}

// idle measures idle connections, and then messages on some of them.
func (p *Plan) idle(s *proc.Server, f *Figures) error {
	warm, err := p.open(s.Addr, warmConns)
	err = errors.Join(err, exchangeAll(warm, largestInOneRecord))
	closeAll(warm)
	if err != nil {
		return err
	}
	before, err := settled(s)
	if err != nil {
		return err
	}
	conns, err := p.open(s.Addr, p.Conns)
	defer closeAll(conns)
	if err != nil {
		return err
	}
	each := func(size int, to *float64) error {
		if err := exchangeAll(conns, size); err != nil {
			return err
		}
		now, err := settled(s)
		*to = float64(now-before) / float64(p.Conns)
		return err
	}
	if err := each(1<<10, &f.Idle); err != nil {
		return err
	}
	if err := p.messages(s, conns, f); err != nil {
		return err
	}
	return each(largestInOneRecord, &f.IdleLarge)
}

// settled gives the RSS of a server that has collected its garbage.
func settled(s *proc.Server) (int64, error) {
	time.Sleep(300 * time.Millisecond) // for what ends on its own
	if err := s.Collect(); err != nil {
		return 0, err
	}
	return proc.RSS(s.PID())
}

func (p *Plan) open(addr string, n int) (all []*client, err error) {
	for range n {
		c, err := dial(addr, p.Config)
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func closeAll(conns []*client) {
	for _, c := range conns {
		c.close()
	}
}

func exchangeAll(conns []*client, size int) error {
	m := newMessage(size)
	for _, c := range conns {
		if err := c.exchange(m); err != nil {
			return err
		}
	}
	return nil
}

// busyConns echo at the same time.
const busyConns = 16

func (p *Plan) messages(s *proc.Server, conns []*client, f *Figures) error {
	var err error
	if f.Message, err = p.load(s, min(busyConns, len(conns)), func(i int) func() error {
		m := newMessage(1 << 10)
		return func() error { return conns[i].exchange(m) }
	}); err != nil {
		return err
	}
	large, err := p.open(s.Addr, 2)
	defer closeAll(large)
	if err != nil {
		return err
	}
	f.Large, err = p.load(s, len(large), func(i int) func() error {
		m := newMessage(1 << 20)
		return func() error { return large[i].exchange(m) }
	})
	return err
}

func (p *Plan) handshakes(s *proc.Server, f *Figures) error {
	each, err := p.load(s, 4, func(int) func() error {
		return func() error {
			c, err := dialTLS(s.Addr, p.Config)
			if err == nil {
				c.close()
			}
			return err
		}
	})
	f.Handshakes = 1e6 / each
	return err
}

// load does something again and again, n times at once, and gives the
// microseconds of the server's CPU time that it takes each time.
func (p *Plan) load(s *proc.Server, n int, begin func(i int) func() error) (float64, error) {
	var done atomic.Int64
	var running sync.WaitGroup
	errs := make([]error, n)
	end := time.Now().Add(p.Duration)
	before, err := proc.CPU(s.PID())
	if err != nil {
		return 0, err
	}
	for i := range n {
		do := begin(i)
		running.Go(func() {
			for time.Now().Before(end) && errs[i] == nil {
				errs[i] = do()
				done.Add(1)
			}
		})
	}
	running.Wait()
	after, err := proc.CPU(s.PID())
	return float64((after - before).Microseconds()) / float64(done.Load()), errors.Join(append(errs, err)...)
}
