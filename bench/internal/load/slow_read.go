package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// read reads at the speed that is asked for, until the server closes. The
// error says why it did, nil if it was told to and nothing is missing.
func (s *slowReader) read(ctx context.Context) error {
	buf := make([]byte, max(min(s.speed/10, 64<<10), 1))
	b := s.early
	for {
		if closed, err := s.feed(b); closed || err != nil {
			return err
		}
		pause(ctx, seconds(float64(len(b)), float64(s.speed)))
		n, err := s.nc.Read(buf)
		if err != nil && n == 0 {
			return s.ended(err)
		}
		b = buf[:n]
	}
}

// feed decodes what came.
func (s *slowReader) feed(b []byte) (closed bool, err error) {
	for len(b) > 0 {
		op, payload, n, err := s.decoder.Next(b)
		if err != nil {
			return false, err
		}
		b = b[n:]
		switch op {
		case codec.Close:
			return true, s.closed(payload)
		case codec.Ping:
			s.pong(payload)
		case codec.Text, codec.Binary:
			if err := s.reply(op, payload); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// pong leaves a pong to the writer; only the latest ping needs one.
func (s *slowReader) pong(payload []byte) {
	select {
	case s.writes <- codec.AppendMaskedPong(nil, payload, mask()):
	default:
	}
}

func (s *slowReader) reply(op codec.Opcode, payload []byte) error {
	switch {
	case s.received == s.sent.Load():
		return errors.New("message that nobody asked for")
	case op != codec.Binary || !s.payloads.match(payload, s.id, s.received):
		return errors.New("reply differs from what was sent")
	}
	s.group.record.latency.Record(s.id, clock()-s.due(s.rank, s.received))
	s.received++
	return nil
}

// errCut tells that a server has cut a slow reader.
var errCut = errors.New("cut")

func (s *slowReader) closed(payload []byte) error {
	code, _, _ := codec.ParseClosePayload(payload) // the decoder has checked it
	switch {
	case code == codec.ClosePolicyViolation || code == codec.CloseTryAgainLater:
		return errCut
	case code != codec.CloseNormal:
		return fmt.Errorf("closed: %v", code)
	case s.received != s.sent.Load():
		return errors.New("closed: before all replies were sent")
	}
	return nil
}

// ended says what it means that the connection has ended without a Close. A
// server that lives may end what is not read; one that is gone has failed.
func (s *slowReader) ended(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New("no reply in time")
	case s.backedUp() && s.group.lives():
		return errCut
	}
	return errors.New("closed: " + cause(err))
}

// backedUp tells that replies waited in the server, because there are more than
// the system holds for us.
func (s *slowReader) backedUp() bool {
	const header = 2 // of the shortest frame
	return (s.sent.Load()-s.received)*uint64(s.payloads.size+header) > slowBuffer
}

// lives tells that the server accepts a connection, and another one a while
// later: one that is ending may still accept the first.
func (g *Group) lives() bool {
	if !g.accepted() {
		return false
	}
	time.Sleep(ending)
	return g.accepted()
}

// ending is the time in which a server that ends has closed its listener.
const ending = 200 * time.Millisecond

// accepted tells that the server accepts a connection, which is closed at once.
func (g *Group) accepted() bool {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	nc, err := g.target.dial(ctx, g.options.First)
	if err == nil {
		nc.Close()
	}
	return err == nil
}
