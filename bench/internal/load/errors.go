package load

import (
	"errors"
	"maps"
	"net"
	"sync"
)

// Errors counts what went wrong, by kind. The zero value is ready; methods may
// be called from any goroutine.
type Errors struct {
	whole *Errors // of which these are a part, or nil
	mu    sync.Mutex
	kinds map[string]int
}

func (e *Errors) add(what string, err error) {
	if err != nil {
		what += ": " + cause(err)
	}
	e.count(what, 1)
}

func (e *Errors) count(kind string, n int) {
	if e.whole != nil {
		e.whole.count(kind, n)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.kinds == nil {
		e.kinds = map[string]int{}
	}
	e.kinds[kind] += n
}

// Total gives the number of errors.
func (e *Errors) Total() int {
	total := 0
	for _, n := range e.Kinds() {
		total += n
	}
	return total
}

// Kinds gives the number of errors of each kind, as a copy.
func (e *Errors) Kinds() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	kinds := map[string]int{}
	maps.Copy(kinds, e.kinds)
	return kinds
}

// since gives the errors that were counted after those of before.
func (e *Errors) since(before map[string]int) map[string]int {
	kinds := e.Kinds()
	for kind, n := range before {
		kinds[kind] -= n
	}
	maps.DeleteFunc(kinds, func(_ string, n int) bool { return n == 0 })
	return kinds
}

// cause gives an error's text without the addresses of a connection, which
// would make each one a kind of its own.
func cause(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
