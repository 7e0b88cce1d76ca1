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
