package proc

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func TestFilesRaisesToTheHardLimit(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	hard := limit.Max
	limit.Cur = min(256, hard)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	n, err := Files()
	if err != nil || uint64(n) != min(hard, 1<<31-1) {
		t.Fatalf("%d descriptors after raising, hard limit %d (%v)", n, hard, err)
	}
}

func TestNeedFilesSaysWhatToDo(t *testing.T) {
	if err := NeedFiles(10); err != nil {
		t.Error(err)
	}
	limit, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	err = NeedFiles(limit + 1)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("ulimit -n %d", limit+1)) {
		t.Errorf("one more than allowed: %v", err)
	}
}
