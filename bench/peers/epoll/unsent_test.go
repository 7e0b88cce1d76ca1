package main

import (
	"bytes"
	"testing"
)

func TestUnsent(t *testing.T) {
	u := newUnsent()
	const fd, other = 7, 8
	if u.waits(fd) {
		t.Error("something waits at first")
	}
	u.add(fd, []byte("one "))
	u.add(other, []byte("other"))
	if u.sent(fd, 2) {
		t.Error("half was taken for all")
	}
	u.add(fd, []byte("two"))
	if got := u.of(fd); !u.waits(fd) || string(got) != "e two" {
		t.Errorf("%q is unsent", got)
	}
	if !u.sent(fd, 5) || u.waits(fd) || !u.waits(other) {
		t.Error("all was sent of one, nothing of the other")
	}
	u.add(fd, []byte("again"))
	if got := u.of(fd); string(got) != "again" {
		t.Errorf("%q is unsent in a buffer used again", got)
	}
	u.drop(fd)
	if u.waits(fd) {
		t.Error("something waits after drop")
	}
}

func TestUnsentIsBounded(t *testing.T) {
	u := newUnsent()
	if !u.add(7, make([]byte, maxUnsent-1)) || !u.add(7, []byte("x")) {
		t.Error("did not take what is allowed")
	}
	if u.add(7, []byte("x")) {
		t.Error("took more")
	}
}

func TestUnsentMakesNoGarbage(t *testing.T) {
	u := newUnsent()
	b := bytes.Repeat([]byte("x"), 1000)
	if n := testing.AllocsPerRun(100, func() {
		u.add(7, b)
		u.sent(7, len(b))
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
