//go:build !linux && !darwin && !freebsd

package loop

import (
	"errors"
	"net/netip"
	"runtime"
	"syscall"
)

// OS fails: there is neither epoll nor kqueue.
var OS System = unsupported{}

var errUnsupported = errors.New("sockeye needs epoll or kqueue, which " + runtime.GOOS +
	" does not have: run it on Linux, macOS or FreeBSD")

type unsupported struct{}

func (unsupported) NewPoller() (Poller, error)              { return nil, errUnsupported }
func (unsupported) Now() int64                              { return nanotime() }
func (unsupported) Accept(int) (int, Errno)                 { return -1, syscall.ENOSYS }
func (unsupported) Read(int, []byte) (int, Errno)           { return 0, syscall.ENOSYS }
func (unsupported) Write(int, []byte) (int, Errno)          { return 0, syscall.ENOSYS }
func (unsupported) Writev(int, []byte, []byte) (int, Errno) { return 0, syscall.ENOSYS }
func (unsupported) CloseWrite(int) Errno                    { return syscall.ENOSYS }
func (unsupported) Close(int) Errno                         { return syscall.ENOSYS }
func (unsupported) RemoteIP(int) (netip.Addr, bool)         { return netip.Addr{}, false }
func (unsupported) Spare() (int, Errno)                     { return -1, syscall.ENOSYS }
