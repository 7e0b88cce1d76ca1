package sim

import (
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/engine/internal/loop"
)

// Fault is a kind of what a real system may do besides the plain thing.
type Fault uint8

// The faults. Those named after an errno fail a call with it.
const (
	AcceptEINTR Fault = iota
	AcceptECONNABORTED
	AcceptEPROTO
	AcceptEMFILE
	AcceptENFILE
	AcceptENOBUFS
	AcceptENOMEM
	AcceptEPERM
	SpareEMFILE

	ReadShort
	ReadEAGAIN
	ReadEINTR
	ReadECONNRESET
	ReadETIMEDOUT
	ReadENOBUFS
	ReadENOMEM

	WriteShort
	WriteEAGAIN
	WriteEINTR
	WriteEPIPE
	WriteECONNRESET
	WriteENOBUFS
	WriteENOMEM

	WritevShort
	WritevEAGAIN
	WritevEINTR
	WritevEPIPE
	WritevECONNRESET
	WritevENOBUFS
	WritevENOMEM

	ShutdownENOTCONN
	CloseEINTR
	CloseEIO

	AddENOMEM
	AddENOSPC
	ModifyENOMEM
	WaitEINTR

	ReadyLate      // what is ready is reported by a later Wait
	ReadyReordered // several are reported in another order than they were added
	ReadySplit     // both readinesses of a socket are reported one by one
	ReadySpurious  // what is not ready is reported
	EventStale     // for a registration that has ended
	ClockJump      // by a second or more, as after a suspension

	NumFaults
)

// call is what a fault is injected into.
type call uint8

const (
	accept call = iota
	openSpare
	read
	write
	writev
	shutdown
	closing
	add
	modify
	wait
	numCalls
	none call = 255
)

// severity says what a fault may cost.
type severity uint8

const (
	harmless severity = iota // nothing: nobody may notice
	harmful                  // the connection that it hits, and no other
	starving                 // newcomers, that they are admitted now
	severities
)

type kind struct {
	name     string
	call     call
	severity severity
	errno    loop.Errno
}

var kinds = [NumFaults]kind{
	AcceptEINTR:        {"accept: EINTR", accept, harmless, syscall.EINTR},
	AcceptECONNABORTED: {"accept: ECONNABORTED", accept, harmful, syscall.ECONNABORTED},
	AcceptEPROTO:       {"accept: EPROTO", accept, harmful, syscall.EPROTO},
	AcceptEMFILE:       {"accept: EMFILE", accept, starving, syscall.EMFILE},
	AcceptENFILE:       {"accept: ENFILE", accept, starving, syscall.ENFILE},
	AcceptENOBUFS:      {"accept: ENOBUFS", accept, starving, syscall.ENOBUFS},
	AcceptENOMEM:       {"accept: ENOMEM", accept, starving, syscall.ENOMEM},
	AcceptEPERM:        {"accept: EPERM", accept, starving, syscall.EPERM},
	SpareEMFILE:        {"open: EMFILE", openSpare, starving, syscall.EMFILE},

	ReadShort:      {name: "read: fewer bytes than there are", call: none},
	ReadEAGAIN:     {"read: EAGAIN", read, harmless, syscall.EAGAIN},
	ReadEINTR:      {"read: EINTR", read, harmless, syscall.EINTR},
	ReadECONNRESET: {"read: ECONNRESET", read, harmful, syscall.ECONNRESET},
	ReadETIMEDOUT:  {"read: ETIMEDOUT", read, harmful, syscall.ETIMEDOUT},
	ReadENOBUFS:    {"read: ENOBUFS", read, harmful, syscall.ENOBUFS},
	ReadENOMEM:     {"read: ENOMEM", read, harmful, syscall.ENOMEM},

	WriteShort:      {name: "write: fewer bytes than fit", call: none},
	WriteEAGAIN:     {"write: EAGAIN", write, harmless, syscall.EAGAIN},
	WriteEINTR:      {"write: EINTR", write, harmless, syscall.EINTR},
	WriteEPIPE:      {"write: EPIPE", write, harmful, syscall.EPIPE},
	WriteECONNRESET: {"write: ECONNRESET", write, harmful, syscall.ECONNRESET},
	WriteENOBUFS:    {"write: ENOBUFS", write, harmful, syscall.ENOBUFS},
	WriteENOMEM:     {"write: ENOMEM", write, harmful, syscall.ENOMEM},

	WritevShort:      {name: "writev: fewer bytes than fit", call: none},
	WritevEAGAIN:     {"writev: EAGAIN", writev, harmless, syscall.EAGAIN},
	WritevEINTR:      {"writev: EINTR", writev, harmless, syscall.EINTR},
	WritevEPIPE:      {"writev: EPIPE", writev, harmful, syscall.EPIPE},
	WritevECONNRESET: {"writev: ECONNRESET", writev, harmful, syscall.ECONNRESET},
	WritevENOBUFS:    {"writev: ENOBUFS", writev, harmful, syscall.ENOBUFS},
	WritevENOMEM:     {"writev: ENOMEM", writev, harmful, syscall.ENOMEM},

	ShutdownENOTCONN: {"shutdown: ENOTCONN", shutdown, harmful, syscall.ENOTCONN},
	CloseEINTR:       {"close: EINTR", closing, harmless, syscall.EINTR},
	CloseEIO:         {"close: EIO", closing, harmless, syscall.EIO},

	AddENOMEM:    {"poller, add: ENOMEM", add, harmful, syscall.ENOMEM},
	AddENOSPC:    {"poller, add: ENOSPC", add, harmful, syscall.ENOSPC},
	ModifyENOMEM: {"poller, modify: ENOMEM", modify, harmful, syscall.ENOMEM},
	WaitEINTR:    {"poller, wait: EINTR", wait, harmless, syscall.EINTR},

	ReadyLate:      {name: "readiness reported late", call: none},
	ReadyReordered: {name: "readiness reordered", call: none},
	ReadySplit:     {name: "readiness in two events", call: none},
	ReadySpurious:  {name: "readiness spurious", call: none},
	EventStale:     {name: "event for what has gone", call: none},
	ClockJump:      {name: "clock jump", call: none},
}

func (f Fault) String() string { return kinds[f].name }

// table lists the faults that a call may have.
var table = func() (t [numCalls][severities][]Fault) {
	for f, k := range kinds {
		if k.call != none {
			t[k.call][k.severity] = append(t[k.call][k.severity], Fault(f))
		}
	}
	return t
}()

// The chances of faults, out of 1,000.
const (
	interruption = 50
	slowness     = 100
	late         = 200
	spurious     = 5
	stale        = 10
)

// rarity makes up for how rarely a call is made, compared with read and write.
var rarity = [numCalls]int{
	accept: 5, openSpare: 1, read: 1, write: 1, writev: 40, shutdown: 3, closing: 1, add: 8, modify: 4, wait: 1,
}

// inject decides whether a call of the server fails, and how; 0 if it does not.
// Some calls take their time.
func (s *System) inject(c call) loop.Errno {
	if s.chance(slowness) {
		s.Advance(time.Duration(s.Rand.IntN(300)) * time.Microsecond)
	}
	n, harm := s.Rand.IntN(1000), s.Harm*rarity[c]
	switch {
	case n < harm:
		return s.pick(c, harmful)
	case n < harm+s.Starvation:
		return s.pick(c, starving)
	case n >= 1000-interruption && !s.Calm:
		return s.pick(c, harmless)
	}
	return 0
}

func (s *System) pick(c call, v severity) loop.Errno {
	of := table[c][v]
	if len(of) == 0 {
		return 0
	}
	f := of[s.Rand.IntN(len(of))]
	s.Faults[f]++
	return kinds[f].errno
}

// fatal tells that an injected error means the end of the connection itself,
// and not merely of the call.
func fatal(e loop.Errno) bool {
	switch e {
	case syscall.ECONNRESET, syscall.ETIMEDOUT, syscall.EPIPE, syscall.ENOTCONN:
		return true
	}
	return false
}

func mayHarm(e loop.Errno) bool { return e != 0 && e != syscall.EAGAIN && e != syscall.EINTR }
