package malformed

import (
	"bufio"
	"bytes"
	"net/http"
	"slices"
	"testing"
)

// As TestStreams. A second opinion is that of net/http: what it cannot read is
// not to be accepted.
func TestRequests(t *testing.T) {
	const n = 4_000
	count, statuses := map[string]int{}, map[int]int{}
	for r := range Requests(n) {
		count[r.Kind]++
		statuses[r.Status]++
		switch {
		case r.Status == 101 && !bytes.Equal(r.Bytes[r.Head:], []byte(Behind)):
			t.Fatalf("the head of %q has %d bytes", r.Bytes, r.Head)
		case r.Kind != mutant && (r.Status == 101) != (r.Kind == Valid):
			t.Fatalf("%s judged %d: %q", r.Kind, r.Status, r.Bytes)
		}
		if _, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Bytes))); err != nil && r.Status == 101 {
			t.Fatalf("%s accepted, but net/http says %v: %q", r.Kind, err, r.Bytes)
		}
	}
	for _, kind := range RequestKinds() {
		if count[kind] < n/250 {
			t.Errorf("%d requests: %s", count[kind], kind)
		}
	}
	for _, status := range []int{101, 400, 403, 405, 414, 417, 426, 431, 505} {
		if statuses[status] < n/250 {
			t.Errorf("%d requests to be answered with %d", statuses[status], status)
		}
	}
	if bad := n - statuses[101]; bad < n*10/14 {
		t.Errorf("only %d malformed requests of %d", bad, n)
	}
	t.Log(count)
	t.Log(statuses)
}

func TestRequestsAreTheSameEachTime(t *testing.T) {
	equal := func(a, b Request) bool { return a.Kind == b.Kind && bytes.Equal(a.Bytes, b.Bytes) }
	if !slices.EqualFunc(slices.Collect(Requests(100)), slices.Collect(Requests(100)), equal) {
		t.Error("other requests the second time")
	}
}

// What stands behind each request is what it is said to be.
func TestBehind(t *testing.T) {
	v := Small.Judge([]byte(Behind))
	want := []Frame{{Text, "executed"}, {Close, "\x03\xe8"}}
	if v.Code != 1000 || v.Fault != "" || !slices.Equal(v.Frames, want) {
		t.Errorf("%+v", v)
	}
}
