package profile

import (
	"slices"
	"strings"
)

// rawCalls make any system call: which one, their caller knows.
var rawCalls = []string{
	"internal/runtime/syscall/linux.Syscall6",
	"syscall.RawSyscall",
	"syscall.rawSyscall",
	"syscall.Syscall",
	"syscall.runtime_",
	"golang.org/x/sys/unix.RawSyscall",
	"golang.org/x/sys/unix.Syscall",
	"runtime.entersyscall",
	"runtime.exitsyscall",
}

// callers name the calls that our loop makes itself, and those of Go's poller.
var callers = []rule{
	{module + "/engine/internal/loop.pollEvents", "epoll_pwait"},
	{module + "/engine/internal/loop.linux.Read", "recvfrom"},
	{module + "/engine/internal/loop.linux.Writev", "sendmsg"},
	{module + "/engine/internal/loop.linux.Write", "sendto"},
	{module + "/engine/internal/loop.linux.Accept", "accept4"},
	{module + "/engine/internal/loop.linux.CloseWrite", "shutdown"},
	{module + "/engine/internal/loop.linux.Close", "close"},
	{module + "/engine/internal/loop.(*epoll).control", "epoll_ctl"},
	{"internal/runtime/syscall/linux.EpollWait", "epoll_pwait of Go's poller"},
	{"internal/runtime/syscall/linux.EpollCtl", "epoll_ctl of Go's poller"},
}

// systemCall tells whether a stack ends in a system call, and gives its name.
// Calls through functions of their own, as unix.Write, have the name of these.
func systemCall(stack []string) (name string, ok bool) {
	caller := slices.IndexFunc(stack, func(function string) bool { return !isRaw(function) })
	if caller <= 0 {
		return "", false
	}
	if name, ok := partOf(stack[caller], callers); ok {
		return name, true
	}
	return lastWord(stack[caller]), true
}

func isRaw(function string) bool {
	return slices.ContainsFunc(rawCalls, func(prefix string) bool { return strings.HasPrefix(function, prefix) })
}

func lastWord(function string) string {
	return strings.ToLower(function[strings.LastIndexByte(function, '.')+1:])
}
