//go:build linux || darwin || freebsd

package loop

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pollerKind is a Poller of this operating system; pollers lists them.
type pollerKind struct {
	name  string
	make  func() (Poller, error)
	wakes int // how many Wakes it is tried with
}

// contract is what each Poller has to keep.
var contract = []struct {
	name string
	test func(t *testing.T, p Poller)
}{
	{"reports each readiness", testReadiness},
	{"reports as long as it is ready", testLevelTriggered},
	{"follows Modify", testModify},
	{"forgets what is removed", testRemove},
	{"forgets what is closed", testClosedDescriptor},
	{"reports hang-ups", testHangUp},
	{"returns handles intact", testHandles},
	{"refuses what is no descriptor", testBadDescriptor},
	{"serves more than fit in one Wait", testManyDescriptors},
	{"takes registrations while it waits", testAddWhileWaiting},
	{"keeps deadlines", testDeadlines},
	{"waits without end", testNoDeadline},
	{"wakes", testWake},
}

func TestPollerContract(t *testing.T) {
	for _, kind := range pollers {
		for _, tt := range contract {
			t.Run(kind.name+" "+tt.name, func(t *testing.T) {
				p := kind.open(t)
				defer p.Close()
				tt.test(t, p)
			})
		}
		t.Run(kind.name+" loses no Wake", func(t *testing.T) {
			p := kind.open(t)
			defer p.Close()
			testRacingWakes(t, p, kind.wakes)
		})
		t.Run(kind.name+" may be woken after Close", func(t *testing.T) {
			testWakeAfterClose(t, kind.open(t))
		})
	}
}

func (kind pollerKind) open(t *testing.T) Poller {
	p, err := kind.make()
	if err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { panic(t.Name() + ": waited in vain") })
	t.Cleanup(func() { late.Stop() })
	return p
}

// socketPair gives two connected sockets, closed with the test.
func socketPair(t testing.TB) (a, b int) {
	t.Helper()
	a, b = newSocketPair(t)
	t.Cleanup(func() { unix.Close(a); unix.Close(b) })
	return a, b
}

func newSocketPair(t testing.TB) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		unix.SetNonblock(fd, true)
	}
	return fds[0], fds[1]
}

// poll gives what is ready now.
func poll(t *testing.T, p Poller) []Event {
	t.Helper()
	return waitFor(t, p, 0)
}

func waitFor(t *testing.T, p Poller, deadline int64) []Event {
	t.Helper()
	events := make([]Event, maxReady)
	n, err := p.Wait(events, deadline)
	if err != nil {
		t.Fatal(err)
	}
	return merge(events[:n])
}

// merge joins the events of one handle: kqueue reports each readiness alone.
func merge(events []Event) (merged []Event) {
	for _, ev := range events {
		i := slices.IndexFunc(merged, func(m Event) bool { return m.Handle == ev.Handle })
		if i < 0 {
			merged = append(merged, ev)
		} else {
			merged[i].Ready |= ev.Ready
		}
	}
	return merged
}

func expectReady(t *testing.T, got []Event, want ...Event) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("ready are %v, want %v", got, want)
	}
}

// ok fails the test if a call of a poller did.
func ok(t *testing.T, e Errno) {
	t.Helper()
	if e != 0 {
		t.Fatal(e)
	}
}

func write(t *testing.T, fd int) {
	t.Helper()
	if _, err := unix.Write(fd, []byte{1}); err != nil {
		t.Fatal(err)
	}
}

var here = Handle{Slot: 7, Gen: 9}

func testReadiness(t *testing.T, p Poller) {
	tests := []struct {
		want, ready Interest
		bytes       bool
	}{
		{0, 0, true},
		{Readable, 0, false},
		{Readable, Readable, true},
		{Writable, Writable, false},
		{Writable, Writable, true},
		{Readable | Writable, Writable, false},
		{Readable | Writable, Readable | Writable, true},
	}
	for _, tt := range tests {
		a, b := socketPair(t)
		ok(t, p.Add(a, here, tt.want))
		if tt.bytes {
			write(t, b)
		}
		var want []Event
		if tt.ready != 0 {
			want = []Event{{here, tt.ready}}
		}
		expectReady(t, poll(t, p), want...)
		ok(t, p.Remove(a))
	}
}

func testLevelTriggered(t *testing.T, p Poller) {
	a, b := socketPair(t)
	ok(t, p.Add(a, here, Readable))
	write(t, b)
	write(t, b)
	for range 3 {
		expectReady(t, waitFor(t, p, -1), Event{here, Readable})
	}
	OS.Read(a, make([]byte, 1))
	expectReady(t, waitFor(t, p, -1), Event{here, Readable})
	OS.Read(a, make([]byte, 1))
	expectReady(t, poll(t, p))
}

func testModify(t *testing.T, p Poller) {
	a, b := socketPair(t)
	write(t, b)
	ok(t, p.Add(a, here, 0))
	for _, want := range []Interest{Readable, Writable, 0, Readable | Writable, 0, Writable, Readable} {
		ok(t, p.Modify(a, here, want))
		if want == 0 {
			expectReady(t, poll(t, p))
		} else {
			expectReady(t, waitFor(t, p, -1), Event{here, want})
		}
	}
}

func testRemove(t *testing.T, p Poller) {
	a, b := socketPair(t)
	write(t, b)
	ok(t, p.Add(a, here, Readable))
	ok(t, p.Remove(a))
	expectReady(t, poll(t, p))
	again := Handle{Slot: 8, Gen: 10}
	ok(t, p.Add(a, again, Readable))
	expectReady(t, waitFor(t, p, -1), Event{again, Readable})
}

func testClosedDescriptor(t *testing.T, p Poller) {
	a, b := newSocketPair(t)
	defer unix.Close(b)
	write(t, b)
	ok(t, p.Add(a, here, Readable))
	expectReady(t, waitFor(t, p, -1), Event{here, Readable})
	unix.Close(a)
	expectReady(t, poll(t, p))
	if p.Modify(a, here, Readable) == 0 {
		t.Fatal("a closed descriptor was modified")
	}
}

func testHangUp(t *testing.T, p Poller) {
	a, b := socketPair(t)
	ok(t, p.Add(a, here, Readable))
	unix.Shutdown(b, unix.SHUT_WR)
	expectReady(t, waitFor(t, p, -1), Event{here, Readable})
	unix.Shutdown(a, unix.SHUT_WR)
	ready := waitFor(t, p, -1)
	if len(ready) != 1 || ready[0].Handle != here || ready[0].Ready&Readable == 0 {
		t.Fatalf("ready are %v, want %v, readable at least", ready, here)
	}
}

func testHandles(t *testing.T, p Poller) {
	for _, slot := range []int32{0, 1, 1 << 30, math.MaxInt32, wakeSlot - 1, wakeSlot - 100, math.MinInt32} {
		for _, gen := range []uint32{0, 1, 1 << 31, math.MaxUint32} {
			a, b := socketPair(t)
			write(t, b)
			h := Handle{Slot: slot, Gen: gen}
			ok(t, p.Add(a, h, Readable))
			expectReady(t, waitFor(t, p, -1), Event{h, Readable})
			ok(t, p.Remove(a))
		}
	}
}

func testBadDescriptor(t *testing.T, p Poller) {
	calls := map[string]func(fd int) Errno{
		"Add":    func(fd int) Errno { return p.Add(fd, here, Readable) },
		"Modify": func(fd int) Errno { return p.Modify(fd, here, Readable) },
		"Remove": p.Remove,
	}
	for name, call := range calls {
		if e := call(1 << 20); e == 0 {
			t.Errorf("%s takes what is no descriptor", name)
		}
	}
}

// All that are ready get their turn, and Wake too.
func testManyDescriptors(t *testing.T, p Poller) {
	const n = maxReady + maxReady/2
	for i := range n {
		a, b := socketPair(t)
		write(t, b)
		ok(t, p.Add(a, Handle{Slot: int32(i)}, Readable))
	}
	p.Wake()
	seen := map[int32]bool{}
	for range 10 {
		for _, ev := range waitFor(t, p, -1) {
			seen[ev.Handle.Slot] = true
		}
	}
	if len(seen) != n {
		t.Fatalf("%d of %d were reported", len(seen), n)
	}
	for slot := range seen {
		if slot < 0 || slot >= n {
			t.Fatalf("slot %d was reported, which nobody has", slot)
		}
	}
}

func testAddWhileWaiting(t *testing.T, p Poller) {
	a, b := socketPair(t)
	write(t, b)
	c, _ := socketPair(t)
	ok(t, p.Add(c, Handle{Slot: 1}, Readable))
	var others sync.WaitGroup
	others.Go(func() {
		p.Add(a, here, 0)
		p.Modify(a, here, Readable)
		p.Remove(c)
	})
	var ready []Event
	for len(ready) == 0 {
		ready = waitFor(t, p, -1)
	}
	expectReady(t, ready, Event{here, Readable})
	others.Wait()
}

// waitUntil waits until the deadline has passed, as a loop does, and fails if
// the poller returns early more than now and then.
func waitUntil(t *testing.T, p Poller, deadline int64) {
	t.Helper()
	returns := 0
	for ; nanotime() < deadline; returns++ {
		expectReady(t, waitFor(t, p, deadline))
	}
	if returns > 5 {
		t.Errorf("returned %d times before the deadline", returns)
	}
}

func testDeadlines(t *testing.T, p Poller) {
	const ms = int64(time.Millisecond)
	start := nanotime()
	expectReady(t, waitFor(t, p, 0))
	expectReady(t, waitFor(t, p, 1)) // long ago
	// In milliseconds from the one before: later ones, the same, earlier than
	// one that was waited for but not reached, past ones.
	for _, after := range []int64{5, 5, 0, 20, -3, 1, 10} {
		deadline := nanotime() + after*ms
		p.Wake()
		expectReady(t, waitFor(t, p, deadline+1000*ms)) // arms a late one first
		waitUntil(t, p, deadline)
	}
	if took := nanotime() - start; took > int64(patience)/2 {
		t.Errorf("deadlines of 40 ms in all took %v", time.Duration(took))
	}
}

// Without a deadline it waits for Wake alone, whatever was set before.
func testNoDeadline(t *testing.T, p Poller) {
	waitUntil(t, p, nanotime()+int64(time.Millisecond))
	var woken atomic.Bool
	time.AfterFunc(20*time.Millisecond, func() { woken.Store(true); p.Wake() })
	returns := 0
	for ; !woken.Load(); returns++ {
		expectReady(t, waitFor(t, p, -1))
	}
	if returns > 3 {
		t.Errorf("returned %d times before it was woken", returns)
	}
}
