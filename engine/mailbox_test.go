package engine

import (
	"fmt"
	"testing"

	"github.com/sockeye-ws/sockeye/pool"
)

func message(payload string) letter {
	l := letter{call: callMessage, payload: pool.Get(len(payload))}
	l.payload.B = append(l.payload.B, payload...)
	return l
}

// Letters come out in their order, and memory does not grow with how many have
// gone through.
func TestMailboxKeepsOrder(t *testing.T) {
	var b mailbox
	in, out := 0, 0
	for round := range 1000 {
		for range 1 + round%7 {
			b.push(message(fmt.Sprint(in)))
			in++
		}
		for b.waiting() > 3 {
			l := b.pop()
			if got := string(l.payload.B); got != fmt.Sprint(out) {
				t.Fatalf("got %s, want %d", got, out)
			}
			pool.Put(l.payload)
			out++
		}
	}
	for ; b.waiting() > 0; out++ {
		pool.Put(b.pop().payload)
	}
	if out != in || b.bytes != 0 || cap(b.letters) > 64 {
		t.Errorf("%d in, %d out, %d bytes and room for %d letters left", in, out, b.bytes, cap(b.letters))
	}
}

func TestMailboxIsFull(t *testing.T) {
	tests := []struct {
		name        string
		sizes       []int
		full, roomy bool
	}{
		{"empty", nil, false, true},
		{"half of the messages", []int{1, 1}, false, true},
		{"more than half", []int{1, 1, 1}, false, false},
		{"all messages", []int{0, 0, 0, 0}, true, false},
		{"half of the bytes", []int{mailboxBytes / 2}, false, true},
		{"nearly all bytes", []int{mailboxBytes - 1}, false, false},
		{"all bytes", []int{mailboxBytes}, true, false},
		{"one large message", []int{1 << 20}, true, false},
	}
	for _, test := range tests {
		var b mailbox
		for _, size := range test.sizes {
			b.push(message(string(make([]byte, size))))
		}
		if full, roomy := b.full(4), b.roomy(4); full != test.full || roomy != test.roomy {
			t.Errorf("%s: full is %v, roomy is %v", test.name, full, roomy)
		}
		for b.waiting() > 0 {
			pool.Put(b.pop().payload)
		}
	}
}
