package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Sockets are the listening sockets of this process, with the names under
// which the next one finds them. [Inherited] makes them. Its methods may be
// called from any goroutine.
//
// The listeners are the caller's: who serves one closes it. One that is closed
// is not handed over.
type Sockets struct {
	mu        sync.Mutex
	inherited []*socket // nobody has asked for them yet
	open      []*socket
	before    *os.File // the pipe to the process before; nil if there is none, or it has been told
	pid       int      // of the process before
	child     bool     // this process was started by that, with none between
	handing   bool     // a hand-over is under way
	handed    bool     // another process serves
}

// Socket is a listening socket with its name.
type Socket struct {
	Name string
	net.Listener
}

// socket is one with what the next process must know.
type socket struct {
	description
	listener net.Listener
	ours     bool // to remove its path
}

// Listen gives the socket with this name: an inherited one, or a new one at
// addr. The network is tcp, tcp4 or tcp6, as for [net.Listen].
//
// What systemd has opened is found by its name alone (FileDescriptorName=),
// and may well be a Unix socket: where to listen is for the unit to say. What
// the process before has handed over must also have been asked for with the
// same network and addr: if they have changed, a new socket is opened.
//
// The sockets do not speak Multipath TCP.
func (s *Sockets) Listen(name, network, addr string) (net.Listener, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, fmt.Errorf("listen: network %q: want tcp, tcp4 or tcp6, or use Sockets.Unix", network)
	}
	return s.get(description{Name: name, Network: network, Addr: addr}, func() (net.Listener, error) {
		var config net.ListenConfig
		config.SetMultipathTCP(false)
		return config.Listen(context.Background(), network, addr)
	})
}

// Unix gives the Unix socket with this name: an inherited one, found as by
// [Sockets.Listen], whose permissions stay as they are, or a new one at path, opened
// as by [Unix].
//
// Closing it removes the path, unless systemd has opened it, another process has
// taken it over or is about to, or the path leads to another socket by now.
func (s *Sockets) Unix(name, path string, mode fs.FileMode) (net.Listener, error) {
	l, err := s.get(description{Name: name, Network: "unix", Addr: path, Owned: true}, func() (net.Listener, error) {
		l, err := Unix(path, mode)
		if err != nil {
			return nil, err
		}
		return guard(l, true), nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Rest gives the inherited sockets that nobody has asked for, in the order in which
// they were passed: for a program that serves whatever systemd gives it, and
// for names under which there are several.
func (s *Sockets) Rest() (rest []Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, so := range s.inherited {
		rest = append(rest, Socket{so.Name, so.listener})
	}
	s.open = append(s.open, s.inherited...)
	s.inherited = nil
	return rest
}

// get gives an inherited socket or opens one.
func (s *Sockets) get(want description, open func() (net.Listener, error)) (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(s.inherited, func(so *socket) bool { return so.answers(want) }); i >= 0 {
		so := s.inherited[i]
		s.inherited = slices.Delete(s.inherited, i, i+1)
		s.open = append(s.open, so)
		return so.listener, nil
	}
	l, err := open()
	if err != nil {
		return nil, err
	}
	s.open = append(s.open, &socket{want, l, want.Owned})
	return l, nil
}

func (so *socket) answers(want description) bool {
	return so.Name == want.Name && (so.ofSystemd() || so.Network == want.Network && so.Addr == want.Addr)
}

// Ready tells whoever started this process that it serves: the process before,
// whose HandOver then returns, or systemd, if the service has Type=notify
// (sd_notify(3)); nobody else. Call it when all is done that can fail: from here
// on the process before stops. Serving may begin at the same time, on another
// goroutine, as the sockets listen already: who comes before that waits in their
// queues.
//
// Inherited sockets that nobody has asked for are closed then, and their paths
// removed, unless systemd has opened them: then it is an error, as systemd would
// go on to send clients there. It is also an error if the process before has given up, and goes on:
// then this one should end.
func (s *Sockets) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, so := range s.inherited {
		if so.ofSystemd() {
			return fmt.Errorf("listen: nobody serves the socket %q (%v) that systemd passed: FileDescriptorName= must be a name that the program asks for",
				so.Name, so.listener.Addr())
		}
	}
	if err := s.tell(); err != nil {
		return err
	}
	for _, so := range s.open {
		so.ours = so.Owned && (so.ours || !s.handed)
	}
	s.ownLocked()
	for _, so := range s.inherited {
		own(so.listener, so.Owned)
		so.listener.Close()
	}
	s.inherited = nil
	return nil
}

// tell tells the process before, or systemd, that this one serves.
func (s *Sockets) tell() error {
	if s.before == nil {
		return notify("READY=1")
	}
	_, err := s.before.Write([]byte{ready})
	s.before.Close()
	s.before = nil
	if errors.Is(err, syscall.EPIPE) && s.alone() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listen: the process before has given up to wait, and goes on: %w", err)
	}
	return nil
}

// alone tells that the process before has died, so that nobody else serves. It
// may have done so before this process could look.
func (s *Sockets) alone() bool { return s.child && os.Getppid() != s.pid || !exists(s.pid) }

// notifyTime is how long systemd may take to receive a message.
const notifyTime = 5 * time.Second

// notify tells systemd, if it listens: see sd_notify(3).
func notify(state string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	c, err := net.Dial("unixgram", path)
	if err == nil {
		defer c.Close()
		c.SetDeadline(time.Now().Add(notifyTime))
		_, err = c.Write([]byte(state))
	}
	if err != nil {
		return fmt.Errorf("listen: notify systemd: %w", err)
	}
	return nil
}
