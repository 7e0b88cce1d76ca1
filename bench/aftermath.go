package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// look notes what the server is without an attack.
func (s *siege) look() (err error) {
	if s.before, err = s.snapshot(); err != nil {
		return err
	}
	if s.files, err = proc.Descriptors(s.server.PID()); err != nil {
		return err
	}
	return proc.ForgetPeak(s.server.PID())
}

// looks is how often a server is looked at.
const looks = 250 * time.Millisecond

// watch looks at the server's memory for some time.
func (s *siege) watch(ctx context.Context) {
	for end := time.Now().Add(s.times.memory); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(looks) {
		now, err := s.snapshot()
		if err != nil {
			s.fail(err.Error())
			return
		}
		s.row.Pinned = max(s.row.Pinned, (now.RSS-s.before.RSS)/int64(s.Conns))
		s.row.Buffered = max(s.row.Buffered, now.Buffered/int64(s.Conns))
	}
}

// notePeak takes the peak of the whole process.
func (s *siege) notePeak() {
	peak, err := proc.PeakRSS(s.server.PID())
	if err != nil {
		s.fail(err.Error())
	}
	s.row.Peak = peak - s.before.RSS
	if s.Once {
		s.row.Pinned = max(s.row.Pinned, s.row.Peak/int64(s.Conns))
	}
}

// recovery is how long a server may take until nothing is left of an attack.
const recovery = 20 * time.Second

// recover waits until all is as before, and tells what is not.
func (s *siege) recover(ctx context.Context, url string) error {
	s.row.Errors = s.neighbours.Errors.Kinds()
	if err := visit(ctx, url, neighbours, !s.Fanout); err != nil {
		s.fail("afterwards: " + err.Error())
	}
	for end := time.Now().Add(recovery); ; {
		left, err := s.left()
		if err != nil {
			return err
		}
		if len(left) == 0 || ctx.Err() != nil {
			return nil
		}
		if time.Now().After(end) {
			s.row.Missed = append(s.row.Missed, left...)
			return nil
		}
		time.Sleep(looks)
	}
}

// left tells what is not as before.
func (s *siege) left() (all []string, err error) {
	now, err := s.snapshot()
	if err != nil {
		return nil, err
	}
	files, err := proc.Descriptors(s.server.PID())
	if err != nil {
		return nil, err
	}
	s.row.Left = now.RSS - s.before.RSS
	for _, figure := range []struct {
		name        string
		before, now int
	}{
		{"connections", s.before.Connections, now.Connections},
		{"goroutines", s.before.Goroutines, now.Goroutines},
		{"descriptors", s.files, files},
		{"bytes in buffers", 0, int(now.Buffered)},
	} {
		if figure.now > figure.before {
			all = append(all, fmt.Sprintf("%d %s are left, %d before", figure.now, figure.name, figure.before))
		}
	}
	return all, nil
}
