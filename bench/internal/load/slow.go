package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

// slowReader is a connection that reads less in a second than is sent to it.
// The engine reads whatever comes, so this one has a plain socket, with a
// small buffer in the system, and two goroutines: one writes, one reads.
type slowReader struct {
	*slowRun
	nc       net.Conn
	decoder  *codec.Decoder
	early    []byte // that came with the answer to the handshake
	id       uint64
	rank     int
	sent     atomic.Uint64 // messages
	received uint64        // the reader's
	writes   chan []byte   // pongs that the writer is to send
}

// slowBuffer is the size of the system's buffer for what is not read yet.
const slowBuffer = 4096

// dialSlow opens connection i of a group.
func (g *Group) dialSlow(ctx context.Context, i int) (s *slowReader, err error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	nc, err := g.target.dial(ctx, g.options.First+i)
	if err != nil {
		return nil, err
	}
	s = &slowReader{nc: nc, id: uint64(g.options.First + i), rank: i, writes: make(chan []byte, 1)}
	s.decoder = codec.NewDecoder(&codec.Config{Role: codec.Client, MaxMessage: max(g.options.MaxSize, codec.DefaultMaxMessage)})
	nc.SetDeadline(time.Now().Add(dialTimeout))
	err = nc.(*net.TCPConn).SetReadBuffer(slowBuffer)
	if err == nil {
		err = s.handshake(g.options.URL)
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return s, nc.SetDeadline(time.Time{})
}

func (s *slowReader) handshake(url string) error {
	u, err := handshake.ParseURL(url)
	if err != nil {
		return err
	}
	request := handshake.ClientRequest{Host: u.Host, Target: u.Target, Key: handshake.NewKey()}
	b, err := handshake.AppendRequest(nil, &request)
	if err == nil {
		_, err = s.nc.Write(b)
	}
	if err != nil {
		return err
	}
	var response handshake.Response
	head := make([]byte, 0, handshake.DefaultMaxHead)
	for n := 0; n == 0; {
		got, err := s.nc.Read(head[len(head):cap(head)])
		if err != nil {
			return fmt.Errorf("handshake: %w", err)
		}
		head = head[:len(head)+got]
		if n, err = response.Parse(head, handshake.Limits{}); err != nil {
			return err
		}
		s.early = head[n:]
	}
	return response.Check(&request)
}

// play sends and reads until ctx ends; then it reads without delay what is
// outstanding, and closes.
func (s *slowReader) play(ctx context.Context) error {
	defer s.nc.Close()
	defer context.AfterFunc(ctx, func() { s.nc.SetDeadline(time.Now().Add(answerTimeout)) })()
	written := make(chan struct{})
	writing, stop := context.WithCancel(ctx)
	go func() {
		s.write(writing)
		close(written)
	}()
	err := s.read(ctx)
	if err == nil && ctx.Err() == nil {
		err = errors.New("closed: though nobody asked for it")
	}
	s.nc.Close() // a write that waits ends
	stop()
	<-written
	return err
}

// write sends what is due, and in the end a Close.
func (s *slowReader) write(ctx context.Context) {
	for seq := uint64(0); ; seq++ {
		if due := s.due(s.rank, seq); !s.awaitDue(ctx, min(due, s.until)) || due >= s.until {
			break
		}
		s.sent.Add(1) // first: the reply may be faster than we are
		frame := codec.AppendMaskedFrame(nil, codec.Binary, s.payloads.append(nil, s.id, seq), mask())
		if _, err := s.nc.Write(frame); err != nil {
			return // the reader sees why
		}
	}
	<-ctx.Done()
	s.nc.Write(codec.AppendMaskedClose(nil, codec.CloseNormal, "", mask()))
}

// awaitDue sends pongs until a time has come; false if ctx ended first.
func (s *slowReader) awaitDue(ctx context.Context, due time.Duration) bool {
	alarm := time.NewTimer(due - clock())
	defer alarm.Stop()
	for {
		select {
		case <-alarm.C:
			return ctx.Err() == nil
		case pong := <-s.writes:
			s.nc.Write(pong)
		case <-ctx.Done():
			return false
		}
	}
}

// mask gives a frame's mask. It protects nobody here, as the peer is a server
// under test.
func mask() (m [4]byte) {
	x := rand.Uint32()
	return [4]byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)}
}

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

// ended says what it means that the connection has ended without a Close.
func (s *slowReader) ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("no reply in time")
	}
	return errCut
}
