package listen_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/engine/listen"
)

// roleVar makes the test program a child.
const roleVar = "LISTEN_TEST_ROLE"

// play is a child's main function.
func play(role string) (status int) {
	time.AfterFunc(4*patience, func() { os.Exit(9) }) // if the test fails, and nobody ends it
	name, arg, _ := strings.Cut(role, " ")
	switch name {
	case "fail":
		fmt.Fprintln(os.Stderr, "this child was told to fail")
		return 3
	case "hang":
		time.Sleep(time.Hour)
	case "listen": // but is never ready
		_, err := listen.Inherited()
		fmt.Println(err)
		time.Sleep(time.Hour)
	case "systemd": // starts another role as systemd does
		os.Setenv("LISTEN_PID", fmt.Sprint(os.Getpid()))
		os.Setenv(roleVar, arg)
		fmt.Fprintln(os.Stderr, syscall.Exec("/proc/self/exe", os.Args[:1], os.Environ()))
	case "serve":
		return serve(strings.Fields(arg))
	case "later":
		wait()
		return serve(strings.Fields(arg))
	case "replace": // hands over to another role
		sockets := new(listen.Sockets)
		_, err := ask(sockets, "ws")
		fmt.Fprintln(os.Stderr, err, sockets.HandOver(context.Background(), passing(child(arg))))
	case "wrap": // starts another role, instead of becoming it
		cmd := passing(child(arg))
		cmd.ExtraFiles = []*os.File{os.NewFile(3, "socket"), os.NewFile(4, "pipe")}
		fmt.Fprintln(os.Stderr, cmd.Run())
	case "environment":
		for _, e := range os.Environ() {
			if strings.HasPrefix(e, "LISTEN_FD") || strings.HasPrefix(e, "LISTEN_PID") || strings.HasPrefix(e, "SOCKEYE_") {
				fmt.Println(e)
			}
		}
		for fd := 3; fd < 100; fd++ {
			if listens, _ := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); listens > 0 {
				fmt.Println("descriptor", fd)
			}
		}
		return 0
	}
	return 1
}

// wait waits until this process is told to go on.
func wait() {
	fmt.Println(os.Getpid())
	os.Stdin.Read(make([]byte, 1))
}

// serve answers questions at the sockets with these names; one with a slash is
// the path of a Unix socket, "wait" is waited at, with "slow" the first connection
// is accepted only some time after Ready, the others are TCP. No names stand for
// whatever is inherited.
func serve(names []string) (status int) {
	sockets, err := listen.Inherited()
	if err != nil {
		fmt.Println(err)
		return 4
	}
	done := make(chan bool)
	var all []net.Listener
	slow := false
	for _, name := range names {
		if name == "wait" {
			wait()
			continue
		}
		if name == "slow" {
			slow = true
			continue
		}
		l, err := ask(sockets, name)
		if err != nil {
			fmt.Println(err)
			return 5
		}
		all = append(all, l)
	}
	if len(names) == 0 {
		for _, so := range sockets.Rest() {
			fmt.Println(so.Name, so.Addr())
			all = append(all, so)
		}
	}
	if err := sockets.Ready(); err != nil {
		fmt.Println(err)
		return 6
	}
	if slow {
		wait()
	}
	for _, l := range all {
		go answer(l, sockets, done)
	}
	fmt.Println("ready")
	<-done
	for _, l := range all {
		l.Close()
	}
	return 0
}

// anyPort is where TCP sockets are opened if they are not inherited.
const anyPort = "127.0.0.1:0"

func ask(sockets *listen.Sockets, name string) (net.Listener, error) {
	if strings.Contains(name, "/") {
		return sockets.Unix(name, name, 0o600)
	}
	return sockets.Listen(name, "tcp", anyPort)
}

// answer takes connections and one question from each.
func answer(l net.Listener, sockets *listen.Sockets, done chan bool) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		question, _ := bufio.NewReader(c).ReadString('\n')
		var reply any
		switch strings.TrimSpace(question) {
		case "pid":
			reply = os.Getpid()
		case "child":
			cmd := exec.Command("/proc/self/exe")
			cmd.Env = append(os.Environ(), roleVar+"=environment")
			out, err := cmd.CombinedOutput()
			reply = fmt.Sprintf("%q %v", out, err)
		case "hand over":
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			err := sockets.HandOver(ctx, nil)
			cancel()
			reply = fmt.Sprint("handed over: ", err)
		}
		fmt.Fprintln(c, reply)
		c.Close()
		if reply == nil || reply == "handed over: <nil>" {
			done <- true
			return
		}
	}
}

// child gives a command that runs this program in a role.
func child(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// passing has a command read and write what this process does.
func passing(cmd *exec.Cmd) *exec.Cmd {
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	return cmd
}

// question asks whoever serves at an address.
func question(t testing.TB, addr net.Addr, text string) string {
	t.Helper()
	c, err := net.DialTimeout(addr.Network(), addr.String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintln(c, text)
	reply, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatalf("asked %q: %v", text, err)
	}
	return strings.TrimSpace(reply)
}

// reap waits for a process that HandOver has started, once it was told to end,
// and gives its status.
func reap(t testing.TB, pid int) int {
	t.Helper()
	var status syscall.WaitStatus
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
		if got == pid {
			return status.ExitStatus()
		}
		if err != nil && !errors.Is(err, syscall.EINTR) || time.Now().After(end) {
			t.Fatalf("waiting for process %d: %v", pid, err)
		}
	}
}
