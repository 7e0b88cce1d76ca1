package fault

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sockeye-ws/sockeye/codec"
)

// client is a connection.
type client struct {
	*Options
	conn   *net.TCPConn
	in     *bufio.Reader
	random *rand.Rand
}

const request = "GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

// addresses is over how many of 127.1.0.0/16 clients are spread, lest ports run
// out, as those of connections that have ended are kept for a minute.
const addresses = 100

func (p *Play) dial(random *rand.Rand) (*client, error) {
	d := net.Dialer{
		LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, 0, byte(1+p.dialed.Add(1)%addresses))},
		Timeout:   p.options.Patience,
		KeepAlive: -1,
	}
	nc, err := d.Dial("tcp", p.options.Addr)
	if err != nil {
		return nil, err
	}
	return &client{&p.options, nc.(*net.TCPConn), bufio.NewReader(nc), random}, nil
}

// upgrade makes it a WebSocket.
func (c *client) upgrade() error {
	c.within(0)
	if err := c.write([]byte(request)); err != nil {
		return err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("handshake refused: %s", answer.Status)
	}
	return nil
}

// within sets how long the client waits for the server: a limit of its, and
// the patience.
func (c *client) within(limit time.Duration) {
	c.conn.SetDeadline(time.Now().Add(limit + c.Patience))
}

func (c *client) write(b []byte) error {
	_, err := c.conn.Write(b)
	return err
}

// reset cuts the connection without a word.
func (c *client) reset() error {
	c.conn.SetLinger(0)
	return c.conn.Close()
}

// deafen has the system drop all that comes from now on, acknowledgements too:
// to the server it is as if the network had failed.
func (c *client) deafen() error {
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	raw, err := c.conn.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
	})
	return errors.Join(failed, err)
}

// expectEnd reads until the server ends the connection, in whatever way.
func (c *client) expectEnd() error {
	_, err := io.Copy(io.Discard, c.in)
	if err != nil && !isEnd(err) {
		return fmt.Errorf("not ended by the server: %w", err)
	}
	return nil
}

func isEnd(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
}

// expectClose reads until a Close frame with the code, and the end.
func (c *client) expectClose(want codec.CloseCode) error {
	d := codec.NewDecoder(&codec.Config{Role: codec.Client})
	defer d.Release()
	buf := make([]byte, 32<<10)
	for {
		n, err := c.in.Read(buf)
		if err != nil {
			return fmt.Errorf("no Close %d: %w", want, err)
		}
		for b := buf[:n]; len(b) > 0; {
			op, payload, n, err := d.Next(b)
			if err != nil {
				return err
			}
			b = b[n:]
			if op != codec.Close {
				continue
			}
			if code, _, _ := codec.ParseClosePayload(payload); code != want {
				return fmt.Errorf("closed with %d, not %d", code, want)
			}
			return c.expectEnd()
		}
	}
}

// frame gives a masked frame.
func (c *client) frame(op codec.Opcode, fin bool, payload []byte) []byte {
	return codec.AppendMaskedFragment(nil, op, fin, payload, c.mask())
}

func (c *client) mask() (mask [4]byte) {
	binary.LittleEndian.PutUint32(mask[:], c.random.Uint32())
	return mask
}

// some gives up to most pseudo-random bytes.
func (c *client) some(most int) []byte {
	b := make([]byte, 1+c.random.IntN(most))
	for i := range b {
		b[i] = byte(c.random.Uint32())
	}
	return b
}
