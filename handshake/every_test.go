package handshake

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
)

type parser interface {
	Parse(b []byte, lim Limits) (n int, err error)
}

// outcome of a call of Parse; problem is empty for no error.
type outcome struct {
	n       int
	problem string
}

func parse(p parser, b []byte, lim Limits) outcome {
	n, err := p.Parse(b, lim)
	o := outcome{n: n}
	if err != nil {
		o.problem = fmt.Sprintf("%T: %v", err, err)
	}
	return o
}

// everyWay parses input whole, byte by byte while it moves in memory, cut off
// at every length, with a tail, and again after the end. All must agree. It
// returns the outcome, and the number of bytes that decided it.
func everyWay[P parser](t testing.TB, fresh func() P, input []byte, lim Limits) (P, outcome, int) {
	t.Helper()
	p := fresh()
	whole := parse(p, slices.Clone(input), lim)

	steps := byteByByte(fresh(), input, lim)
	if last := steps[len(input)]; last != whole {
		t.Fatalf("%.500q\nwhole %v\nbyte by byte %v", input, whole, last)
	}
	for k, step := range steps {
		if cut := parse(fresh(), input[:k], lim); cut != step {
			t.Fatalf("%.500q\ncut at %d %v\nbyte by byte %v", input, k, cut, step)
		}
	}
	decided := slices.IndexFunc(steps, func(o outcome) bool { return o != outcome{} })
	if decided < 0 {
		decided = len(input)
	} else if i := slices.IndexFunc(steps[decided:], func(o outcome) bool { return o != steps[decided] }); i >= 0 {
		t.Fatalf("%.500q\nafter %d bytes %v\nafter %d bytes %v", input, decided, steps[decided], decided+i, steps[decided+i])
	}
	if whole != (outcome{}) {
		if tailed := parse(fresh(), append(slices.Clone(input), "\x81\x85\x00\r\n\r\ntail"...), lim); tailed != whole {
			t.Fatalf("%.500q\nwithout tail %v\nwith tail %v", input, whole, tailed)
		}
	}
	return p, whole, decided
}

// byteByByte gives the outcome after each byte, the first one after none.
func byteByByte(p parser, input []byte, lim Limits) (steps []outcome) {
	var before []byte
	for k := range len(input) + 1 {
		b := slices.Clone(input[:k])
		steps = append(steps, parse(p, b, lim))
		clear(before) // nobody may still read it
		before = b
	}
	return steps
}

func newRequest() *Request   { return new(Request) }
func newResponse() *Response { return new(Response) }

// parsed gives a valid request.
func parsed(t testing.TB, head string) *Request {
	t.Helper()
	r, o, _ := everyWay(t, newRequest, []byte(head), Limits{})
	if o != (outcome{n: len(head)}) {
		t.Fatalf("%q: %v", head, o)
	}
	return r
}

const testKey = "dGhlIHNhbXBsZSBub25jZQ=="

// request gives the head of a valid request with further header lines.
func request(lines ...string) string {
	return requestTo("/chat", lines...)
}

func requestTo(target string, lines ...string) string {
	return raw("GET "+target+" HTTP/1.1", slices.Concat(minimum, lines)...)
}

var minimum = []string{
	"Host: example.com", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + testKey,
}

// without gives the head of a request that lacks the nth line of minimum, and
// has others in its place.
func without(n int, lines ...string) string {
	return raw("GET /chat HTTP/1.1", slices.Replace(slices.Clone(minimum), n, n+1, lines...)...)
}

const (
	theHost = iota
	theUpgrade
	theConnection
	theVersion
	theKey
)

func raw(start string, lines ...string) string {
	var b bytes.Buffer
	for _, l := range append([]string{start}, lines...) {
		b.WriteString(l + "\r\n")
	}
	return b.String() + "\r\n"
}

func asRejection(t testing.TB, err error) *Rejection {
	t.Helper()
	var r *Rejection
	if !errors.As(err, &r) {
		t.Fatalf("%v is no *Rejection", err)
	}
	return r
}
