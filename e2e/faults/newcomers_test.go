package faults

// arrivals are clients that come one after the other, have a few messages
// answered, and go.
type arrivals struct {
	closing chan struct{}
	all     chan []*client
}

func newcomers(addr string, p plan) *arrivals {
	a := &arrivals{make(chan struct{}), make(chan []*client, 1)}
	go a.run(addr, p.briefly())
	return a
}

func (a *arrivals) run(addr string, p plan) {
	var all []*client
	for {
		select {
		case <-a.closing:
			a.all <- all
			return
		default:
		}
		c := dial(addr, p)
		if c.err == nil {
			c.talk(p)
		}
		all = append(all, c)
	}
}

// stop gives all that have come.
func (a *arrivals) stop() []*client {
	close(a.closing)
	return <-a.all
}
