package engine_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// kinds are the listeners that one server has at the same time.
var kinds = []struct{ network, addr, dial string }{
	{"tcp4", "127.0.0.1:0", "127.0.0.1"},
	{"tcp6", "[::1]:0", "::1"},
	{"tcp", ":0", "127.0.0.1"},
	{"tcp", ":0", "::1"},
	{"unix", "", ""},
}

// listenEach gives a listener of each kind, and where to find it.
func listenEach(t *testing.T) (all []net.Listener, at []net.Addr) {
	t.Helper()
	for _, k := range kinds {
		if k.network == "unix" {
			k.addr = filepath.Join(t.TempDir(), "s")
		}
		l, err := net.Listen(k.network, k.addr)
		if err != nil {
			t.Skip(err) // there is no IPv6
		}
		t.Cleanup(func() { l.Close() })
		addr := l.Addr()
		if tcp, ok := addr.(*net.TCPAddr); ok {
			addr = &net.TCPAddr{IP: net.ParseIP(k.dial), Port: tcp.Port}
		}
		all, at = append(all, l), append(at, addr)
	}
	return all, at
}

// served tells what each Serve has returned.
type served struct {
	l   net.Listener
	err error
}

func serveAll(s *engine.Server, all []net.Listener) chan served {
	ends := make(chan served, len(all))
	for _, l := range all {
		go func() { ends <- served{l, s.Serve(l)} }()
	}
	return ends
}

// One server serves listeners of all kinds, and ends with all of them.
func TestSeveralListeners(t *testing.T) {
	t.Parallel()
	ways := map[string]func(s *engine.Server) error{
		"Shutdown": func(s *engine.Server) error { return s.Shutdown(within(t, patience)) },
		"Close":    (*engine.Server).Close,
	}
	for name, end := range ways {
		t.Run(name, func(t *testing.T) {
			s := engine.NewServer(echoing, engine.Options{Loops: 3})
			defer s.Close()
			all, at := listenEach(t)
			ends := serveAll(s, all)
			var peers []*peer
			for round := range 6 {
				for i, addr := range at {
					p := open(t, &running{s, addr})
					p.write(text("hello"))
					p.expect(codec.Text, "hello")
					if got := s.Stats().Accepted; got != uint64(round*len(at)+i+1) {
						t.Errorf("%d accepted", got)
					}
					peers = append(peers, p)
				}
			}
			for _, p := range peers {
				p.write(closing(codec.CloseNormal, ""))
				p.expectClose(codec.CloseNormal, "")
				p.Close()
			}
			if err := end(s); err != nil {
				t.Error(err)
			}
			for range all {
				if got := receive(t, "Serve to return", ends); got.err != engine.ErrServerClosed {
					t.Errorf("Serve at %v: %v", got.l.Addr(), got.err)
				}
			}
			for i, addr := range at {
				eventually(t, "nobody to listen", func() bool { // others' children do for a moment
					c, err := net.Dial(addr.Network(), addr.String())
					if err == nil {
						c.Close()
					}
					return err != nil
				})
				if err := all[i].Close(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("the listener at %v was left open (%v)", addr, err)
				}
			}
		})
	}
}

// A listener that fails, and one that is none, end their own Serve alone.
func TestListenerThatFails(t *testing.T) {
	t.Parallel()
	s := engine.NewServer(echoing, engine.Options{Loops: 2})
	defer s.Close()
	all, at := listenEach(t)
	ends := serveAll(s, all)
	p := open(t, &running{s, at[0]})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if err := s.Serve(closed); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve of a closed listener: %v", err)
	}
	if err := s.ListenAndServe(at[0].String()); err == nil {
		t.Error("listens at an address that is in use")
	}
	if err := s.ServeTLS(opaqueListener{closed}, "none", "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ServeTLS without a certificate: %v", err)
	}
	for _, addr := range at {
		p := open(t, &running{s, addr})
		p.write(text("still served"))
		p.expect(codec.Text, "still served")
	}
	select {
	case got := <-ends:
		t.Errorf("Serve at %v: %v", got.l.Addr(), got.err)
	default:
	}
	p.write(text("as before"))
	p.expect(codec.Text, "as before")
	s.Close()
	for range all {
		receive(t, "Serve to return", ends)
	}
}

// Serve removes the path of a Unix socket in the end, unless it is told not to.
func TestUnixPath(t *testing.T) {
	t.Parallel()
	for _, unlink := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "s")
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(unlink)
		s := engine.NewServer(echoing, engine.Options{Loops: 1})
		ends := serveAll(s, []net.Listener{l})
		open(t, &running{s, l.Addr()})
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(ctx)
		receive(t, "Serve to return", ends)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) != unlink {
			t.Errorf("unlink=%v, and then: %v", unlink, err)
		}
	}
}
