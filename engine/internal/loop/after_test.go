//go:build unix

package loop

import (
	"slices"
	"testing"
	"time"
)

func TestAfter(t *testing.T) {
	r := newRig(t, &script{})
	r.sys.freeze()
	r.tick()
	var rung []string
	alarm := func(name string, d time.Duration) {
		r.After(d, func() { rung = append(rung, name) })
	}
	alarm("late", time.Hour)
	alarm("first", time.Second)
	alarm("second", time.Second)
	r.After(time.Second, func() { alarm("next", 0) })
	began := r.sys.Now()
	steps := []struct {
		at   time.Duration
		want []string
	}{
		{time.Second - 1, nil},
		{time.Second, []string{"first", "second"}},
		{time.Second, []string{"next"}},
		{time.Minute, nil},
		{time.Hour, []string{"late"}},
		{2 * time.Hour, nil},
	}
	for _, step := range steps {
		rung = nil
		r.tickAt(began + int64(step.at))
		if !slices.Equal(rung, step.want) {
			t.Errorf("after %v: %v, want %v", step.at, rung, step.want)
		}
	}
}

// A loop that waits for nothing else wakes for an alarm.
func TestAfterWakes(t *testing.T) {
	r := newRig(t, &script{})
	rung := make(chan error, 1)
	r.Post(func() { r.After(20*time.Millisecond, func() { rung <- nil }) })
	r.start()
	check(t, rung)
}
