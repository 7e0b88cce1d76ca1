package proc

import (
	"os"
	"testing"
)

func TestDescriptors(t *testing.T) {
	before, err := Descriptors(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if after, err := Descriptors(os.Getpid()); err != nil || after != before+1 {
		t.Errorf("%d before, %d after one more (%v)", before, after, err)
	}
	if n, err := Descriptors(-1); err == nil {
		t.Errorf("%d of no process", n)
	}
}
