package main

import (
	"errors"
	"strconv"

	"github.com/sockeye-ws/sockeye/bench/internal/attack"
	"github.com/sockeye-ws/sockeye/bench/internal/proc"
)

// storm is what attacks: several processes, if one could not open so many
// connections.
type storm []*attackers

const perProcess = 10_000

func (s *siege) storm() (all storm, err error) {
	if s.row.Hurried {
		return s.startStorm()
	}
	// On machines of their own, attackers would take no processor from the
	// neighbours.
	err = proc.Last(func() error {
		all, err = s.startStorm()
		return err
	})
	return all, err
}

func (s *siege) startStorm() (all storm, err error) {
	for first := 0; first < s.Conns && err == nil; first += perProcess {
		var a *attackers
		a, err = startAttackers("-attack", s.Name, "-addr", s.server.Addr,
			"-first", strconv.Itoa(first), "-conns", strconv.Itoa(min(s.Conns-first, perProcess)))
		if err == nil {
			all = append(all, a)
		}
	}
	if err != nil {
		all.kill()
		all.report()
	}
	return all, err
}

func (all storm) over() {
	for _, a := range all {
		a.over()
	}
}

func (all storm) kill() {
	for _, a := range all {
		a.kill()
	}
}

func (all storm) report() (sum attack.Report, err error) {
	for _, a := range all {
		r, failed := a.report()
		sum.Add(r)
		err = errors.Join(err, failed)
	}
	return sum, err
}
