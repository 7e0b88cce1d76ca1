package engine_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// A server without descriptors left goes on serving those it has, turns away
// some of the others at once, lets the rest wait, and does not spin meanwhile.
func TestOutOfDescriptors(t *testing.T) {
	t.Parallel()
	const clients, descriptors = 100, "60"
	server := startChild(t, descriptors)
	var all []*peer
	served, shed := make(chan *peer, clients), make(chan *peer, clients)
	for range clients {
		p := connect(t, server.addr)
		p.write(request)
		all = append(all, p)
		go func() {
			if p.accepted() {
				served <- p
			} else {
				shed <- p
			}
		}()
	}
	receive(t, "a client to be turned away", shed)
	receive(t, "a client to be turned away", shed)
	before, began := server.report(t), time.Now()
	away := receive(t, "a client that has waited to be turned away", shed)
	receive(t, "another one", shed)
	after, wall := server.report(t), time.Since(began)
	if _, err := away.Read(away.read); err != io.EOF {
		t.Errorf("turned away with %v, want the end of the stream", err)
	}
	if after.Shed < 3 || after.Shed > clients/5 || after.Open == 0 || after.Open >= clients {
		t.Errorf("stats: %+v", after.Stats)
	}
	if used := after.CPU - before.CPU; used > wall/2+20*time.Millisecond {
		t.Errorf("%v of CPU time in %v of waiting", used, wall)
	}

	old := receive(t, "a client that is served", served)
	old.write(text("still served"))
	old.expect(codec.Text, "still served")

	for _, p := range all {
		p.Close()
	}
	eventually(t, "a new client to be served", func() bool {
		p := connect(t, server.addr)
		defer p.Close()
		p.Write([]byte(request))
		return p.accepted()
	})
}

// accepted reads what is there of the answer to a request.
func (p *peer) accepted() bool {
	n, _ := p.Read(p.read)
	return strings.HasPrefix(string(p.read[:n]), "HTTP/1.1 101 ")
}
