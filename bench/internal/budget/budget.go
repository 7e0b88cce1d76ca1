// Package budget holds a run's results to conditions such as
// "p99<50ms,errors=0,rss_per_conn<128".
package budget

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
)

// Budgets are conditions that must all hold. It is a [flag.Value]; the zero
// value has none.
type Budgets struct {
	all []condition
}

// condition is one budget: a metric, an operator and a limit.
type condition struct {
	text  string
	name  string
	op    string
	limit float64 // in the metric's own unit
}

// operators, those first that begin with another one.
var operators = []string{"<=", ">=", "<", ">", "="}

// Parse reads conditions with commas between them: a metric's name, one of
// < <= > >= =, and a number with the metric's unit. What fails says what is
// known.
func Parse(s string) (b Budgets, err error) {
	for text := range strings.SplitSeq(s, ",") {
		c, err := parse(strings.TrimSpace(text))
		if err != nil {
			return Budgets{}, err
		}
		b.all = append(b.all, c)
	}
	return b, nil
}

func parse(text string) (c condition, err error) {
	if text == "" {
		return c, errors.New("empty budget: a comma too many?")
	}
	at := strings.IndexAny(text, "<>=")
	if at < 0 {
		return c, fmt.Errorf("budget %q has none of < <= > >= =; an example is p99<50ms", text)
	}
	c.name = strings.TrimSpace(text[:at])
	m, ok := metrics[c.name]
	if !ok {
		return c, fmt.Errorf("budget %q: %q is none of %s", text, c.name, names())
	}
	for _, c.op = range operators {
		if strings.HasPrefix(text[at:], c.op) {
			break
		}
	}
	value := strings.TrimSpace(text[at+len(c.op):])
	if c.limit, err = m.unit.parse(value); err != nil {
		return c, fmt.Errorf("budget %q: %w", text, err)
	}
	c.text = c.name + c.op + value
	return c, nil
}

// Set adds conditions, as a flag that may be repeated.
func (b *Budgets) Set(s string) error {
	more, err := Parse(s)
	b.all = append(b.all, more.all...)
	return err
}

// String gives the conditions as Parse reads them.
func (b *Budgets) String() string {
	var texts []string
	for _, c := range b.all {
		texts = append(texts, c.text)
	}
	return strings.Join(texts, ",")
}

// On reports whether there is a condition on a metric.
func (b *Budgets) On(name string) bool {
	for _, c := range b.all {
		if c.name == name {
			return true
		}
	}
	return false
}

// Judge tells which conditions a report meets. One on a metric that is not
// known is not met.
func (b *Budgets) Judge(r *result.Report) (judged []result.Budget) {
	for _, c := range b.all {
		m := metrics[c.name]
		value, known := m.value(r)
		text := "not known"
		if known {
			text = m.unit.format(value)
		}
		judged = append(judged, result.Budget{Condition: c.text, Value: text, Met: known && c.holds(value)})
	}
	return judged
}

// Met reports whether all that were judged are met.
func Met(judged []result.Budget) bool {
	for _, b := range judged {
		if !b.Met {
			return false
		}
	}
	return true
}

func (c condition) holds(value float64) bool {
	switch c.op {
	case "<":
		return value < c.limit
	case "<=":
		return value <= c.limit
	case ">":
		return value > c.limit
	case ">=":
		return value >= c.limit
	}
	return value == c.limit
}
