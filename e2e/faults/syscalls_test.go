package faults

import (
	"slices"
	"strings"
	"testing"
)

// harm is what a failing call may do to the connection that it was for.
type harm int

const (
	none  harm = iota // the call is made again, or does not matter
	ended             // the connection ends
	shed              // a newcomer is ended before it has begun
)

// row is a system call, and the errors that it is made to fail with.
type row struct {
	call   string
	errnos string
	harm   harm
	plan   plan     // of the clients
	flags  []string // of the server
	about  string   // what a call must be about, for the test to go on
}

// rows are the calls that a server makes while it runs, each with what its
// manual page, or another system that programs are run on, knows. There is no
// writev: a gathering write is sendmsg, which can be told to raise no signal.
var rows = []row{
	{"accept4", "EINTR EAGAIN ECONNABORTED EPROTO EPERM ENETDOWN EHOSTUNREACH ETIMEDOUT", none, chat, nil, ""},
	{"accept4", "EMFILE ENFILE ENOBUFS ENOMEM", shed, chat, nil, ""},
	{"recvfrom", "EINTR EAGAIN", none, chat, nil, ""},
	{"recvfrom", "ECONNRESET ETIMEDOUT EHOSTUNREACH ENOTCONN ENOMEM", ended, chat, nil, ""},
	{"recvfrom", "ECONNRESET", ended, large, nil, ""},
	{"sendto", "EINTR EAGAIN", none, chat, nil, ""},
	{"sendto", "EPIPE ECONNRESET ETIMEDOUT EHOSTUNREACH EPERM ENOBUFS ENOMEM", ended, chat, nil, ""},
	{"sendmsg", "EINTR EAGAIN", none, large, nil, ""},
	{"sendmsg", "EPIPE ECONNRESET ENOBUFS ENOMEM", ended, large, nil, ""},
	{"epoll_ctl", "ENOSPC ENOMEM", ended, chat, nil, "EPOLL_CTL_ADD"}, // newcomers
	{"epoll_ctl", "ENOMEM", ended, bulk, nil, "EPOLL_CTL_MOD"},        // full sockets
	{"epoll_pwait", "EINTR", none, chat, nil, ""},
	{"shutdown", "ENOTCONN", none, chat, nil, ""},
	{"close", "EIO EINTR", none, chat, nil, ""},
	{"setsockopt", "ENOBUFS", none, chat, nil, ""},
	{"read", "EINTR", none, chat, nil, ""}, // wakes
	{"write", "EINTR", none, chat, nil, ""},

	{"recvfrom", "EINTR", none, chat, workers, ""},
	{"recvfrom", "ECONNRESET", ended, chat, workers, ""},
	{"sendto", "EINTR EAGAIN", none, chat, workers, ""},
	{"sendto", "EPIPE", ended, chat, workers, ""},
	{"epoll_ctl", "ENOMEM", ended, bulk, workers, "EPOLL_CTL_DEL"}, // full mailboxes
	{"write", "EINTR", none, chat, workers, ""},
}

var workers = []string{"-workers", "4"}

// TestSyscalls lets one system call fail in each of its cases.
func TestSyscalls(t *testing.T) {
	for _, r := range rows {
		for errno := range strings.FieldsSeq(r.errnos) {
			for _, when := range r.whens() {
				t.Run(r.name(errno, when), func(t *testing.T) {
					t.Parallel()
					r.try(t, fault{r.call, errno, when})
				})
			}
		}
	}
}

// whens gives which of each thread's calls fail. "1+1" is all of them, for as
// long as strace is attached.
func (r row) whens() (all []string) {
	switch {
	case r.about != "":
		return []string{"2+7"} // until it is about that
	case full:
		all = []string{"1", "3", "2+5"}
	default:
		all = []string{"3"}
	}
	if r.harm == shed || full && slices.Contains([]string{"accept4", "shutdown", "close", "setsockopt"}, r.call) {
		all = append(all, "1+1") // those who are there can go on without
	}
	return all
}

func (r row) name(errno, when string) string {
	words := []string{r.call, r.about, errno, "at", when, r.plan.name}
	return strings.Join(slices.DeleteFunc(append(words, r.flags...), func(s string) bool { return s == "" }), " ")
}

func (r row) try(t *testing.T, f fault) {
	s := start(t, append(r.flags, "-loops", "2")...)
	if r.call == "epoll_ctl" {
		s.excuse = "accepted a connection that cannot be watched"
	}
	clients := openAll(t, 6, s.addr, r.plan)
	goOn(t, clients, 1)
	tracer := inject(t, s.pid, f)
	come := newcomers(s.addr, r.plan)
	waitUntil(t, "the call fails", func() bool { return r.met(f, tracer.injected(t)) })
	goOn(t, clients, 5)
	if r.call == "accept4" {
		tracer.stop(t) // those who wait come in only then
	}
	clients = append(clients, come.stop()...)
	for _, c := range clients {
		c.stop()
		<-c.over
	}
	// Of a call that is under way when strace lets go, nobody knows whether it
	// was made. So all connections have been closed by then.
	var hits []injected
	waitUntil(t, "the server has closed all connections", func() bool {
		hits = tracer.injected(t)
		return s.descriptors(t) == s.before.Descriptors+r.lost(hits)
	})
	tracer.stop(t)
	r.judge(t, clients, hits)
	s.mustRecover(t, r.lost(hits))
}

// met tells whether the fault has happened as it should.
func (r row) met(f fault, hits []injected) bool {
	if r.about != "" {
		return slices.ContainsFunc(hits, func(i injected) bool { return strings.Contains(i.line, r.about) })
	}
	return len(hits) >= 3 || len(hits) > 0 && !strings.Contains(f.when, "+")
}

// judge demands of each client what it may expect.
func (r row) judge(t *testing.T, clients []*client, hits []injected) {
	complete, cuts := 0, 0
	for _, c := range clients {
		hit := slices.ContainsFunc(hits, func(i injected) bool { return i.peer == c.port })
		switch {
		case c.err == nil:
			complete++
		case !cut(c.err):
			t.Errorf("connection %d (hit: %v): %v", c.id, hit, c.err)
		case r.harm == ended && hit, r.harm == shed && c.answered.Load() == 0:
			cuts++
		default:
			t.Errorf("connection %d was not hit but cut after %d answers: %v", c.id, c.answered.Load(), c.err)
		}
	}
	if cuts > len(hits) {
		t.Errorf("%d connections were cut by %d faults", cuts, len(hits))
	}
	t.Logf("%d faults: %d connections complete, %d cut", len(hits), complete, cuts)
}

// lost is the number of descriptors that are still open because close(2) was
// made to fail: strace does not let it happen, whereas Linux would close them
// and then report the error. That a descriptor is never closed a second time,
// when it may be another's, shows in that none more comes back.
func (r row) lost(hits []injected) int {
	if r.call != "close" {
		return 0
	}
	return len(hits)
}
