package proc

import (
	"testing"
	"time"
)

func TestStolen(t *testing.T) {
	if got, err := stolen([]byte("cpu  1 2 3 4 5 6 7 12 9 10\ncpu0 1 2 3 4 5 6 7 5 9 10\n")); got != 120*time.Millisecond || err != nil {
		t.Errorf("%v, %v, want 120ms", got, err)
	}
	for _, text := range []string{"", "cpu", "cpu 1 2 3 4 5 6 7\n", "cpu0 1 2 3 4 5 6 7 8\n", "cpu 1 2 3 4 5 6 7 x 9\n"} {
		if got, err := stolen([]byte(text)); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
	if got, err := Stolen(); got < 0 || err != nil {
		t.Errorf("here: %v, %v", got, err)
	}
}
