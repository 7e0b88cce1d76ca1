package attack

import (
	"bufio"
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// grace is how long attackers wait for an end when the attack is over. Tests
// shorten it.
var grace = 8 * time.Second

// dialTimeout is how long a connection may take to be accepted.
const dialTimeout = 20 * time.Second

// attacker is one connection of an attack, or several in a row.
type attacker struct {
	*crew
	number int
	since  time.Time // the connection began
	conn   net.Conn  // nil before dial
	in     *bufio.Reader
	poured <-chan struct{} // closed when nothing is poured any more

	unread   bool // nothing is read for a long time: the system need not keep it
	messages int  // received
}

// dial connects. Every attacker has an address of its own, in 127.1.0.0/16, so
// that ports do not run out.
func (a *attacker) dial() error {
	a.since = time.Now()
	n := a.number + 1
	d := net.Dialer{
		Timeout:   dialTimeout,
		KeepAlive: -1,
		LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(n>>8), byte(n))},
		Control:   a.control,
	}
	conn, err := d.Dial("tcp", a.addr)
	if err != nil {
		return err
	}
	a.conn, a.in = conn, bufio.NewReaderSize(conn, 4<<10)
	a.pour(func() []byte { return nil })
	return nil
}

// smallBuffer keeps most of what is not read with the server.
const smallBuffer = 4 << 10

func (a *attacker) control(_, _ string, c syscall.RawConn) (err error) {
	if !a.unread {
		return nil
	}
	failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, smallBuffer)
	})
	if failed != nil {
		return failed
	}
	return err
}

// hangUp ends the connection, and what is poured into it.
func (a *attacker) hangUp() {
	if a.conn != nil {
		a.conn.Close()
		<-a.poured
	}
}

// send writes once. An error shows in what is read next.
func (a *attacker) send(b []byte) { write(a.conn, b) }

// mostAtOnce is what an attacker writes in one system call: while it is in one,
// the neighbours on its processor wait, which is no fault of the server's.
const mostAtOnce = 32 << 10

func write(conn net.Conn, b []byte) (err error) {
	for err == nil && len(b) > 0 {
		n := min(len(b), mostAtOnce)
		_, err = conn.Write(b[:n])
		b = b[n:]
	}
	return err
}

// pour writes what next gives, again and again, until it gives nil or the
// connection fails; then it closes poured. It returns at once.
func (a *attacker) pour(next func() []byte) {
	conn, poured := a.conn, make(chan struct{})
	a.poured = poured
	go func() {
		defer close(poured)
		for b := next(); b != nil; b = next() {
			if err := write(conn, b); err != nil {
				return
			}
		}
	}()
}

// pourOnce pours b.
func (a *attacker) pourOnce(b []byte) {
	a.pour(func() []byte {
		all := b
		b = nil
		return all
	})
}

// pouredOut waits until what is poured has come to its end, at most until some
// time after the attack is over.
func (a *attacker) pouredOut() bool {
	select {
	case <-a.poured:
		return true
	case <-a.over.Done():
	}
	select {
	case <-a.poured:
		return true
	case <-time.After(grace):
		return false
	}
}

// patient lets reads last until some time after the attack is over.
func (a *attacker) patient() (stop func() bool) {
	conn := a.conn
	return context.AfterFunc(a.over, func() { conn.SetReadDeadline(time.Now().Add(grace)) })
}

// pause waits, but not longer than the attack lasts.
func (a *attacker) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-a.over.Done():
	}
}
