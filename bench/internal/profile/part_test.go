package profile

import (
	"strings"
	"testing"
)

const (
	loopPkg = module + "/engine/internal/loop."
	rawCall = "internal/runtime/syscall/linux.Syscall6,syscall.RawSyscall6,golang.org/x/sys/unix.RawSyscall6,"
	tick    = "," + loopPkg + "(*Loop).Tick," + loopPkg + "(*Loop).Run"
)

func TestCPUPart(t *testing.T) {
	for stack, want := range map[string]string{
		// System calls have the name of what made them.
		rawCall + loopPkg + "linux.Read" + tick:                                                                     "system call recvfrom",
		rawCall + loopPkg + "linux.Write" + tick:                                                                    "system call sendto",
		rawCall + loopPkg + "linux.Writev" + tick:                                                                   "system call sendmsg",
		rawCall + loopPkg + "linux.CloseWrite" + tick:                                                               "system call shutdown",
		rawCall + loopPkg + "linux.Close" + tick:                                                                    "system call close",
		rawCall + loopPkg + "pollEvents,internal/poll.(*FD).RawRead" + tick:                                         "system call epoll_pwait",
		rawCall + "golang.org/x/sys/unix.SetsockoptInt" + tick:                                                      "system call setsockoptint",
		"internal/runtime/syscall/linux.Syscall6,internal/runtime/syscall/linux.EpollWait,runtime.netpoll":          "system call epoll_pwait of Go's poller",
		"runtime.exitsyscall,syscall.Syscall,golang.org/x/sys/unix.write,golang.org/x/sys/unix.Write" + tick:        "system call write",
		loopPkg + "linux.Write," + loopPkg + "(*Conn).write" + tick:                                                 "loop", // on the way there
		loopPkg + "(*wheel).advance" + tick:                                                                         "loop",
		"sync.(*Mutex).Lock," + module + "/engine.(*Conn).Send,main.main.func1" + tick:                              "engine",
		module + "/codec.(*Decoder).Next," + module + "/engine.(*sessions).feed" + tick:                             "codec",
		"github.com/gobwas/ws.Cipher," + module + "/codec.unmask," + module + "/engine.(*sessions).feed" + tick:     "codec",
		module + "/handshake.(*Request).Parse," + module + "/engine.(*sessions).openServer" + tick:                  "handshake",
		"github.com/valyala/bytebufferpool.(*Pool).Get," + module + "/pool.Get," + module + "/engine.x" + tick:      "pool",
		"main.newServer.func1," + module + "/engine.HandlerFuncs.OnMessage" + tick:                                  "handler",
		"runtime.memmove," + module + "/codec.AppendFrame," + module + "/engine.(*Conn).Send" + tick:                "codec", // for its caller
		"runtime.memclrNoHeapPointers,runtime.mallocgc,runtime.newobject," + module + "/engine.x" + tick:            "Go runtime: allocation",
		"runtime.scanobject,runtime.gcDrainN,runtime.gcAssistAlloc,runtime.mallocgc," + module + "/engine.x" + tick: "Go runtime: garbage collection",
		"runtime.scanobject,runtime.systemstack,runtime.gcBgMarkWorker":                                             "Go runtime: garbage collection",
		"runtime.futex,runtime.stopm,runtime.findRunnable,runtime.schedule,runtime.park_m,runtime.mcall":            "Go runtime: scheduler",
		"runtime.netpoll,runtime.findRunnable,runtime.schedule,runtime.mcall":                                       "Go runtime: poller",
		"runtime.(*timers).adjust,runtime.poll_runtime_pollSetDeadline,internal/poll.setDeadlineImpl" + tick:        "Go runtime: read deadline",
		"internal/poll.(*fdMutex).rwlock,internal/poll.(*FD).RawRead,os.(*rawConn).Read" + tick:                     "Go runtime: poller",
		"runtime.nanotime1": "other",
		"":                  "other",
	} {
		if got := CPUPart(strings.Split(stack, ",")); got != want {
			t.Errorf("%s:\n%s, want %s", stack, got, want)
		}
	}
}

func TestHeapPart(t *testing.T) {
	for stack, want := range map[string]string{
		"runtime.mallocgc,runtime.newobject," + module + "/engine.(*sessions).Accepted" + tick: "engine",
		loopPkg + "(*slots).take" + tick:          "loop",
		"runtime.mallocgc,runtime.allocm":         "other",
		"net/http.newBufioReader,main.serveDebug": "handler",
	} {
		if got := HeapPart(strings.Split(stack, ",")); got != want {
			t.Errorf("%s:\n%s, want %s", stack, got, want)
		}
	}
}
