package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
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

// play sends and reads until ctx ends; then it reads without delay what is
// outstanding, and closes.
func (s *slowReader) play(ctx context.Context) error {
	defer s.nc.Close()
	defer context.AfterFunc(ctx, s.hurry)()
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

// hurry lets the reader take what is outstanding as fast as it comes.
func (s *slowReader) hurry() {
	s.nc.(*net.TCPConn).SetReadBuffer(fastBuffer)
	s.nc.SetDeadline(time.Now().Add(answerTimeout))
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
