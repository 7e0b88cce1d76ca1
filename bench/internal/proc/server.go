package proc

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/peer"
)

// answerTimeout is how long a started server may take until it listens, or has
// collected its garbage.
const answerTimeout = 10 * time.Second

// Server is a running program that was started by [Start].
type Server struct {
	Addr string // where it listens
	cmd  *exec.Cmd
	out  *bufio.Reader
}

// Start runs a server program until [Server.Stop]: it must listen on the
// address of its -addr flag, given as a free port of 127.0.0.1, and then print
// "listening on ADDR" as a line of its standard output.
func Start(program string, args ...string) (*Server, error) {
	return start(os.Stderr, program, args)
}

// StartSilent is Start for a program whose standard error nobody wants to read.
func StartSilent(program string, args ...string) (*Server, error) {
	return start(nil, program, args)
}

func start(stderr *os.File, program string, args []string) (*Server, error) {
	cmd := exec.Command(program, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	if stderr != nil {
		cmd.Stderr = stderr
	}
	// Ctrl-C on the terminal is for us: we then end the server in good order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{cmd: cmd, out: bufio.NewReader(out)}
	if s.Addr, err = s.answer("listening on "); err != nil {
		cmd.Process.Kill()
		return nil, fmt.Errorf("%s: %w", program, errors.Join(err, cmd.Wait()))
	}
	return s, nil
}

// PID gives the program's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Collect has a program of package peer collect its garbage and give what is
// free back to the system, and waits until it has done so.
func (s *Server) Collect() error {
	if err := s.cmd.Process.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	_, err := s.answer(peer.Collected)
	return err
}

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

// answer reads a line that begins with want, and gives the rest of it. After an
// error there must be no other call.
func (s *Server) answer(want string) (rest string, err error) {
	type line struct {
		text string
		err  error
	}
	next := make(chan line, 1)
	go func() {
		text, err := s.out.ReadString('\n')
		next <- line{text, err}
	}()
	select {
	case l := <-next:
		rest, ok := strings.CutPrefix(strings.TrimSpace(l.text), want)
		if !ok {
			return "", fmt.Errorf("wrote %q and not %q: %v", l.text, want, l.err)
		}
		return rest, nil
	case <-time.After(answerTimeout):
		return "", fmt.Errorf("did not write %q within %v", want, answerTimeout)
	}
}
