package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// ready is what the next process writes to the pipe.
const ready = '+'

// startTime is how long the next process may take if nobody says how long.
const startTime = time.Minute

// HandOver starts the next process with the listening sockets of this one, and
// waits until it calls [Sockets.Ready]. Both processes accept connections then:
// the caller goes on to shut its servers down, and ends when their clients have
// gone. Connections stay with the process that has accepted them.
//
// After an error all is as before: the next process has ended, or was killed if
// it was not ready when ctx ended, or within a minute if ctx has no deadline.
// The caller goes on to serve, and may try again. [exec.ExitError] tells the
// exit status, if that was it.
//
// next is started as it is, with the sockets besides. It must become the server
// itself; a wrapper must exec it. Its input and output must be files, as what
// this process copies ends with it. If it is nil, it is this program again: the
// file that os.Args[0] names now, with the same arguments, environment,
// directory and output.
//
// No other child inherits the sockets. Only one hand-over may be under way, and
// after one that succeeded there is none. If systemd supervises this process
// (Type=notify), it supervises the next one from then on.
func (s *Sockets) HandOver(ctx context.Context, next *exec.Cmd) error {
	open, err := s.beginHandOver()
	if err != nil {
		return err
	}
	err = handOver(ctx, next, open)
	s.endHandOver(open, err == nil)
	return err
}

func (s *Sockets) beginHandOver() ([]*socket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.handing:
		return nil, errors.New("listen: another hand-over is under way")
	case s.handed:
		return nil, errors.New("listen: the sockets were handed over: another process serves already")
	}
	s.handing = true
	s.ownLocked()
	return slices.Clone(s.open), nil
}

func (s *Sockets) endHandOver(open []*socket, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handing, s.handed = false, done
	for _, so := range open {
		so.ours = so.ours && !done
	}
	s.ownLocked()
}

// ownLocked leaves it to the listeners that are this process's to remove their
// paths, but while they are handed over: then the next process may have them
// already.
func (s *Sockets) ownLocked() {
	for _, so := range s.open {
		own(so.listener, so.ours && !s.handing)
	}
}

func handOver(ctx context.Context, next *exec.Cmd, open []*socket) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, startTime)
		defer cancel()
	}
	if next == nil {
		next = exec.Command(os.Args[0], os.Args[1:]...)
		next.Stdout, next.Stderr = os.Stdout, os.Stderr
	}
	told, err := start(next, open)
	if err != nil {
		return fmt.Errorf("listen: start the next process: %w", err)
	}
	defer told.Close()
	if err := await(ctx, told); err != nil {
		return kill(next, err)
	}
	if err := notify(fmt.Sprintf("MAINPID=%d", next.Process.Pid)); err != nil {
		return kill(next, err)
	}
	next.Process.Release() // it outlives this one
	return nil
}

// start starts the next process, and gives the pipe on which it tells that it
// is ready.
func start(next *exec.Cmd, open []*socket) (told *os.File, err error) {
	b := bequest{First: firstFD + len(next.ExtraFiles), PID: os.Getpid()}
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for _, so := range open {
		f, err := duplicate(so.listener.(syscall.Conn))
		if errors.Is(err, net.ErrClosed) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files, b.Sockets = append(files, f), append(b.Sockets, so.description)
	}
	if len(files) == 0 {
		return nil, errors.New("there is no open listener to hand over")
	}
	told, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	files = append(files, tell)
	b.Pipe, _ = pipeID(int(tell.Fd()))
	next.ExtraFiles = append(next.ExtraFiles, files...)
	next.Env = append(next.Environ(), b.variable())
	if err := next.Start(); err != nil {
		told.Close()
		return nil, err
	}
	return told, nil
}

var errEnded = errors.New("ended")

// await waits until the next process is ready.
func await(ctx context.Context, told *os.File) error {
	stop := context.AfterFunc(ctx, func() { told.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := told.Read(make([]byte, 1))
	switch {
	case n > 0:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return context.Cause(ctx)
	}
	return errEnded // and with it the last that could have written
}

// killTime is how long what has come of a killed process's output may take.
const killTime = time.Second

// kill ends a process that did not become ready, and tells why it did not.
func kill(next *exec.Cmd, why error) error {
	if next.WaitDelay == 0 {
		next.WaitDelay = killTime
	}
	next.Process.Kill() // one that is about to exit keeps its status
	err := next.Wait()
	if why != errEnded {
		return fmt.Errorf("listen: the next process was not ready, and was killed: %w", why)
	}
	if err == nil {
		return errors.New("listen: the next process ended before it was ready, with status 0")
	}
	return fmt.Errorf("listen: the next process ended before it was ready: %w", err)
}
