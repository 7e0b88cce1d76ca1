package load

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/handshake"
)

// slowBuffer is the size of the system's buffer for what is not read yet.
const slowBuffer = 4096

// fastBuffer is that at the end.
const fastBuffer = 1 << 20

// dialSlow opens one slow reader.
func (p *part) dialSlow(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	i := p.options.First + int(p.dialed.Add(1)-1)
	nc, err := p.target.dial(ctx, i)
	if err != nil {
		return err
	}
	s := &slowReader{nc: nc, id: uint64(i), writes: make(chan []byte, 1)}
	s.decoder = codec.NewDecoder(&codec.Config{Role: codec.Client, MaxMessage: max(p.options.MaxSize, codec.DefaultMaxMessage)})
	if err := s.open(ctx, p.options.URL); err != nil {
		nc.Close()
		return err
	}
	p.mu.Lock()
	p.slow = append(p.slow, s)
	p.mu.Unlock()
	p.count(&p.opened)
	return nil
}

// open makes a WebSocket connection of the socket; it gives up with ctx.
func (s *slowReader) open(ctx context.Context, url string) error {
	undisturbed := context.AfterFunc(ctx, func() { s.nc.SetDeadline(time.Unix(1, 0)) })
	err := s.nc.(*net.TCPConn).SetReadBuffer(slowBuffer)
	if err == nil {
		err = s.handshake(url)
	}
	if !undisturbed() {
		err = ctx.Err()
	}
	return err
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
