package profile

import (
	"math"
	"slices"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"
)

// sample is a stack, its functions from the leaf outwards with commas between,
// and its value. Functions joined by + are inlined into the last of them.
type sample struct {
	stack string
	value int64
}

// made makes a profile of samples.
func made(samples ...sample) *pprof.Profile {
	nanoseconds := &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"}
	p := &pprof.Profile{
		SampleType: []*pprof.ValueType{{Type: "samples", Unit: "count"}, nanoseconds},
		PeriodType: nanoseconds,
	}
	functions := map[string]*pprof.Function{}
	for _, s := range samples {
		made := &pprof.Sample{Value: []int64{1, s.value}}
		for place := range strings.SplitSeq(s.stack, ",") {
			l := &pprof.Location{ID: uint64(len(p.Location) + 1)}
			for name := range strings.SplitSeq(place, "+") {
				if functions[name] == nil {
					functions[name] = &pprof.Function{ID: uint64(len(functions) + 1), Name: name}
					p.Function = append(p.Function, functions[name])
				}
				l.Line = append(l.Line, pprof.Line{Function: functions[name]})
			}
			p.Location = append(p.Location, l)
			made.Location = append(made.Location, l)
		}
		p.Sample = append(p.Sample, made)
	}
	return p
}

func TestAttribute(t *testing.T) {
	p := made(
		sample{"b,a", 30},
		sample{"c+b,a", 50}, // c is a leaf, inlined into b
		sample{"b,a", 10},
		sample{"a", 10},
	)
	got := Attribute(p, func(stack []string) string { return stack[0] })
	want := []Part{{"c", 50, 50}, {"b", 40, 40}, {"a", 10, 10}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAttributeNothing(t *testing.T) {
	if got := Attribute(made(), CPUPart); len(got) != 0 {
		t.Errorf("%v of an empty profile", got)
	}
}

// Whatever is known of its functions, each sample counts once.
func TestSharesAddUp(t *testing.T) {
	p := made(
		sample{"internal/runtime/syscall/linux.Syscall6,syscall.RawSyscall6+golang.org/x/sys/unix.RawSyscall6+" + module + "/engine/internal/loop.linux.Write", 700},
		sample{"runtime.memmove," + module + "/codec.AppendFrame," + module + "/engine.(*Conn).Send,main.newServer.func1", 31},
		sample{"runtime.futex,runtime.findRunnable,runtime.schedule", 17},
		sample{"unheard.of", 3},
		sample{"main.main", 0},
	)
	sum, shares := int64(0), 0.0
	for _, part := range Attribute(p, CPUPart) {
		sum, shares = sum+part.Value, shares+part.Share
	}
	if sum != 751 || sum != Total(p) || math.Abs(shares-100) > 1e-9 {
		t.Errorf("parts add up to %d and %v%%, want 751 and 100%%", sum, shares)
	}
}

func TestGrown(t *testing.T) {
	before := made(sample{"main.pool", 100}, sample{"main.main", 20})
	grown, err := Grown(before, made(sample{"main.pool", 100}, sample{"main.main", 50}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := Attribute(grown, HeapPart), []Part{{"handler", 30, 100}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if Total(before) != 120 {
		t.Error("the profile before was changed")
	}
}
