//go:build !(linux || darwin || freebsd)

package listen

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const maxPath = 107

func bindUnix(string, fs.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }
func lockDir(string) (func(), error)                 { return nil, errors.ErrUnsupported }
func duplicate(syscall.Conn) (*os.File, error)       { return nil, errors.ErrUnsupported }
func adopt(fd int, name string) *os.File             { return os.NewFile(uintptr(fd), name) }
func checkListening(int) error                       { return errors.ErrUnsupported }
func exists(int) bool                                { return true }
func pipeID(int) (id uint64, ok bool)                { return 0, false }
