package proc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// startTimeout is how long a started server may take until it listens.
const startTimeout = 10 * time.Second

// Server is a running program that was started by [Start].
type Server struct {
	Addr string // where it listens
	cmd  *exec.Cmd
}

// Start runs a server program until [Server.Stop]: it must listen on the
// address of its -addr flag, given as a free port of 127.0.0.1, and then print
// "listening on ADDR" as a line of its standard output.
func Start(program string, args ...string) (*Server, error) {
	cmd := exec.Command(program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	cmd.Stderr = os.Stderr
	// Ctrl-C on the terminal is for us: we then end the server in good order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{cmd: cmd}
	if s.Addr, err = listeningLine(out); err != nil {
		cmd.Process.Kill()
		return nil, fmt.Errorf("%s: %w", program, errors.Join(err, cmd.Wait()))
	}
	return s, nil
}

// PID gives the program's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop sends SIGTERM and waits for the end, at most for timeout: then it kills
// the program, which is an error, as is any exit status but 0.
func (s *Server) Stop(timeout time.Duration) error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.AfterFunc(timeout, func() { s.cmd.Process.Kill() })
	err := s.cmd.Wait()
	if !late.Stop() {
		return fmt.Errorf("%s did not end within %v", s.cmd.Path, timeout)
	}
	return err
}

func listeningLine(out io.Reader) (addr string, err error) {
	type line struct {
		text string
		err  error
	}
	first := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(out).ReadString('\n')
		first <- line{text, err}
	}()
	select {
	case l := <-first:
		addr, ok := strings.CutPrefix(strings.TrimSpace(l.text), "listening on ")
		if !ok {
			return "", fmt.Errorf("wrote %q and not where it listens: %v", l.text, l.err)
		}
		return addr, nil
	case <-time.After(startTimeout):
		return "", fmt.Errorf("does not listen after %v", startTimeout)
	}
}
