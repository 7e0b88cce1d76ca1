package engine

import "github.com/sockeye-ws/sockeye/codec"

// want is the close code that the plan must bring, 0 for none.
func (p plan) want() codec.CloseCode {
	switch p {
	case closeLast, closeAtOnce, rest:
		return 3001
	case askToClose:
		return 3000
	case askToPanic:
		return codec.CloseInternalError
	case violate:
		return codec.CloseProtocolError
	}
	return 0
}

// strict tells that nothing has happened to the client for which it may miss
// anything.
func (c *simClient) strict() bool {
	return c.open && c.plan.cooperates() && !c.link.Harmed && !c.w.drained && !c.w.policy(c.w.byLink[c.link])
}

// finish checks the client's side of the outcome.
func (c *simClient) finish() {
	c.hangUp()
	c.decoder.Release()
	c.deflate.release()
	c.tls.close()
	if len(c.w.failures) > 0 {
		return // the rest follows from it
	}
	if c.strict() {
		c.checkComplete()
	}
	if c.w.drained && c.open && c.plan.cooperates() && !c.link.Harmed && !c.w.policy(c.w.byLink[c.link]) {
		c.checkLeave()
	}
}

// checkComplete sees to it that nothing is missing but what was dropped.
func (c *simClient) checkComplete() {
	w, j := c.w, c.w.byLink[c.link]
	if c.failed {
		w.fail("client %d, %v: the connection was reset", c.number, c.plan)
		return
	}
	if c.tls != nil && !c.tls.ended {
		w.fail("client %d, %v: the end of the stream was not told within TLS", c.number, c.plan)
	}
	if c.code != c.plan.want() {
		w.fail("client %d, %v: close code %v", c.number, c.plan, c.code)
	}
	if j == nil {
		w.fail("client %d, %v: OnOpen never came", c.number, c.plan)
		return
	}
	c.checkReceived(j)
	c.checkEnd(j)
	if c.early() {
		return
	}
	c.checkSent(j)
}

// early tells that the Close frame which ends the plan is answered, or the
// violation, before all that came earlier is handled.
func (c *simClient) early() bool {
	return c.w.workers && (c.plan == closeAtOnce || c.plan == violate)
}

// checkReceived sees to it that the handler got every message.
func (c *simClient) checkReceived(j *journal) {
	want := len(c.sent)
	if c.plan == askToClose || c.plan == askToPanic {
		want++
	}
	if j.received != want && c.plan != violate {
		c.w.fail("client %d, %v: OnMessage got %d of %d messages", c.number, c.plan, j.received, want)
	}
}

func (c *simClient) checkEnd(j *journal) {
	if want := c.plan.want(); want != 0 && j.end.Code != want {
		c.w.fail("client %d, %v: OnClose got %v", c.number, c.plan, j.end)
	}
	// The peer may answer the Close of a handler that panics before the loop has
	// heard of the panic.
	either := c.w.workers && c.plan == askToPanic
	if clean := c.closes() || c.plan == askToClose; j.end.Clean != clean && !either {
		c.w.fail("client %d, %v: clean is %v: %v", c.number, c.plan, j.end.Clean, j.end)
	}
}

// checkSent sees to it that the client got all that the engine has taken, but
// for what was dropped later.
func (c *simClient) checkSent(j *journal) {
	w, p := c.w, &c.got
	if j.late > 0 {
		w.fail("client %d, %v: %d messages were handled too late to be answered", c.number, c.plan, j.late)
	}
	missing := j.echoed - c.echoed + j.pushed - p.count
	if missing < 0 || missing > 0 && w.SendPolicy != DropOldest {
		w.fail("client %d, %v: %d of %d echoes, %d of %d pushes; %v", c.number, c.plan, c.echoed, j.echoed, p.count, j.pushed, j.end)
	}
	for key, n := range j.latest {
		if p.latest[key] != n && w.SendPolicy != DropOldest {
			w.fail("client %d, %v: %s is %d, the latest was %d", c.number, c.plan, key, p.latest[key], n)
		}
	}
	w.missing += missing + j.latests - p.latests
	if p.cast < j.lastCast-1 && !w.drops() {
		w.fail("client %d, %v: the last broadcast is %d, should be %d", c.number, c.plan, p.cast, j.lastCast-1)
	}
	if p.cast >= 0 && p.firstCast > j.firstCast && !w.drops() {
		w.fail("client %d, %v: the first broadcast is %d, should be %d", c.number, c.plan, p.firstCast, j.firstCast)
	}
}

// checkLeave sees to it that a client which was there when the server shut down
// was told so, unless it was about to leave anyway.
func (c *simClient) checkLeave() {
	if c.failed || c.code != codec.CloseGoingAway && c.code != c.plan.want() {
		c.w.fail("client %d, %v: at the shutdown it got %v (reset: %v)", c.number, c.plan, c.code, c.failed)
	}
}
