package result

import (
	"maps"
	"slices"
)

// Add adds what others saw at the same time: other processes, or other groups
// of a mixed load. Groups of the same name are added to each other.
func (o *Outcome) Add(p Outcome) {
	o.Conns += p.Conns
	o.Open += p.Open
	o.Elapsed = max(o.Elapsed, p.Elapsed)
	o.Sent += p.Sent
	o.Messages += p.Messages
	o.Late += p.Late
	o.Cut += p.Cut
	o.Latency.Merge(p.Latency)
	o.Connect.Merge(p.Connect)
	o.CPU += p.CPU
	o.addErrors(p.Errors)
	o.Groups = slices.Clone(o.Groups)
	for _, g := range p.Groups {
		o.addGroup(g)
	}
}

func (o *Outcome) addErrors(kinds map[string]int) {
	if len(kinds) == 0 {
		return
	}
	sum := map[string]int{}
	maps.Copy(sum, o.Errors)
	o.Errors = sum
	for kind, n := range kinds {
		o.Errors[kind] += n
	}
}

func (o *Outcome) addGroup(g Group) {
	i := slices.IndexFunc(o.Groups, func(known Group) bool { return known.Name == g.Name })
	if i < 0 {
		i = len(o.Groups)
		o.Groups = append(o.Groups, Group{Name: g.Name})
	}
	o.Groups[i].Add(g.Outcome)
}
