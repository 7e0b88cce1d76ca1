package listen

import (
	"fmt"
	"net"
	"os"
)

// Inherited gives the listening sockets that this process was started with: by
// systemd, which opened them (sd_listen_fds(3)), or by a process before it
// (see [Sockets.HandOver]). Without either there are none, and [Sockets.Listen]
// opens them.
//
// Call it once, before anything else starts a process: it takes the variables
// LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of the environment, and sees
// to it that no child inherits the descriptors. What was passed and is no
// stream socket that listens is an error.
func Inherited() (*Sockets, error) {
	text, pid, count, names := take(bequestVar), take("LISTEN_PID"), take("LISTEN_FDS"), take("LISTEN_FDNAMES")
	if text != "" {
		b, err := parseBequest(text)
		if err != nil {
			return nil, err
		}
		if id, ok := pipeID(b.pipe()); ok && id == b.Pipe {
			return b.accept()
		}
		// The variable has come through a process that had the descriptors closed.
	}
	activation, err := parseActivation(os.Getpid(), pid, count, names)
	if err != nil {
		return nil, err
	}
	s := new(Sockets)
	return s, s.inherit(firstFD, activation)
}

// accept takes over what the process before has left.
func (b bequest) accept() (*Sockets, error) {
	s := &Sockets{before: adopt(b.pipe(), "pipe"), pid: b.PID, child: os.Getppid() == b.PID}
	return s, s.inherit(b.First, b.Sockets)
}

// inherit takes over sockets at consecutive descriptors. All are withheld from
// children, even if one of them is at fault.
func (s *Sockets) inherit(first int, sockets []description) error {
	var files []*os.File
	for i, d := range sockets {
		files = append(files, adopt(first+i, d.Name))
	}
	for i, d := range sockets {
		l, err := listener(files[i])
		if err != nil {
			return fmt.Errorf("listen: descriptor %d, inherited as %q: %w", first+i, d.Name, err)
		}
		s.inherited = append(s.inherited, &socket{d, guard(l, false), false})
	}
	return nil
}

// listener gives one for a socket, and closes f.
func listener(f *os.File) (net.Listener, error) {
	defer f.Close()
	if err := checkListening(int(f.Fd())); err != nil {
		return nil, err
	}
	return net.FileListener(f)
}
