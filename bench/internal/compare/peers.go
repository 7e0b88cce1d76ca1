// Package compare measures servers against each other, one after the other
// and again, under the same client on the same processor.
package compare

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
)

// Peer is a server program. It is built by "go build" in its folder, and its
// main function is one of package peer's. It echoes on one event loop, or
// whatever it calls so. To add one, write that program and its line in [Peers].
type Peer struct {
	Name  string
	Dir   string // from the project's root
	Plain bool   // it sends back bytes and knows no WebSocket

	How string // it is set up, in a few words

	// Modules are those whose versions matter.
	Modules []string

	// Compresses are the ways in which it can compress messages.
	Compresses []deflating.Way

	// compress is the one that is measured.
	compress deflating.Way

	// Descriptors is how many it needs for a connection, if not one.
	Descriptors int
}

// Peers are the servers that can be compared. The first one is the limit: what
// a server could cost that did nothing but echo.
var Peers = []Peer{
	{Name: "epoll", Dir: "bench/peers/epoll",
		How: "the limit: bytes back as they come, without WebSocket", Plain: true},
	{Name: "sockeye", Dir: "bench/peers/sockeye",
		How:        "one loop, default limits",
		Compresses: []deflating.Way{deflating.Alone, deflating.Takeover, deflating.TakeoverKB}},
	{Name: "gnet", Dir: "bench/peers/gnet",
		How: "one loop, with our codec and handshake", Modules: []string{"github.com/panjf2000/gnet/v2"}},
	{Name: "gobwas", Dir: "bench/peers/gobwas",
		How: "a goroutine for each connection, buffers of 4 KiB", Modules: []string{"github.com/gobwas/ws"}},
	{Name: "easygo", Dir: "bench/peers/easygo",
		How: "gobwas/ws on one-shot events, 128 workers", Modules: []string{"github.com/gobwas/ws", "github.com/mailru/easygo"}, Descriptors: 2},
	{Name: "gws", Dir: "bench/peers/gws",
		How: "a goroutine for each connection, default options", Modules: []string{"github.com/lxzan/gws"},
		Compresses: []deflating.Way{deflating.Alone, deflating.Takeover, deflating.TakeoverKB}},
	{Name: "gorilla", Dir: "bench/peers/gorilla",
		How: "a goroutine for each connection, pools of buffers", Modules: []string{"github.com/gorilla/websocket"},
		Compresses: []deflating.Way{deflating.Alone}},
	{Name: "coder", Dir: "bench/peers/coder",
		How: "a goroutine for each connection, a pool of messages", Modules: []string{"github.com/coder/websocket"},
		Compresses: []deflating.Way{deflating.Alone, deflating.Takeover}},
	{Name: "nbio", Dir: "bench/peers/nbio",
		How: "one poller, which runs the handler itself", Modules: []string{"github.com/lesismal/nbio"},
		Compresses: []deflating.Way{deflating.Alone}},
}

// compressing gives the peers that compress. Of those that know more than one
// way, several asks for all of them, and for the peer without compression
// before them; else all compress each message alone.
func compressing(peers []Peer, several bool) (all []Peer) {
	for _, p := range peers {
		if len(p.Compresses) == 0 {
			continue
		}
		if !several {
			all = append(all, p.with(deflating.Alone))
			continue
		}
		all = append(all, p)
		for _, way := range p.Compresses {
			all = append(all, p.with(way))
		}
	}
	return all
}

// with gives the peer that compresses so.
func (p Peer) with(way deflating.Way) Peer {
	p.compress = way
	return p
}

// Row is the peer's name in a table.
func (p Peer) Row() string {
	if p.compress == "" {
		return p.Name
	}
	return p.Name + ", " + string(p.compress)
}

// Names gives those of all peers.
func Names() (names []string) {
	for _, p := range Peers {
		names = append(names, p.Name)
	}
	return names
}

// Find gives the peers of these names, in this order. A name may come twice:
// that the same server then costs the same shows how far to trust the rest.
func Find(names []string) (found []Peer, err error) {
	for _, name := range names {
		i := slices.IndexFunc(Peers, func(p Peer) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no peer is named %q: there are %s", name, strings.Join(Names(), ", "))
		}
		found = append(found, Peers[i])
	}
	return found, nil
}

// otherFiles is how many descriptors a server needs beside its connections'.
const otherFiles = 100

// files gives the number of descriptors that the peer needs for n connections.
// Their client needs no more.
func (p Peer) files(n int) int { return max(1, p.Descriptors)*n + otherFiles }

// ours is the name of the peer that is this project's.
const ours = "sockeye"

// indexOfOurs finds our server among peers; without it, the first one.
func indexOfOurs(peers []Peer) int {
	return max(0, slices.IndexFunc(peers, func(p Peer) bool { return p.Name == ours }))
}

// Root finds the project's root: dir or the nearest folder above it that has
// the peers.
func Root(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, Peers[0].Dir)); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in the project, whose peers are to be built", dir)
		}
	}
}

// Version gives the versions of a peer's modules, as the program that [Build]
// has put into bin tells them; "" if it has none.
func (p Peer) Version(bin string) (string, error) {
	info, err := buildinfo.ReadFile(filepath.Join(bin, p.Name))
	if err != nil {
		return "", err
	}
	var all []string
	for _, m := range info.Deps {
		if slices.Contains(p.Modules, m.Path) {
			all = append(all, strings.TrimPrefix(m.Path, "github.com/")+" "+m.Version)
		}
	}
	return strings.Join(all, ", "), nil
}

// Build builds peers into the folder bin, each under its name.
func Build(ctx context.Context, root, bin string, peers []Peer) error {
	for _, p := range peers {
		// Without debug information, which nobody loads, linking takes half the time.
		build := exec.CommandContext(ctx, "go", "build", "-ldflags=-w", "-o", filepath.Join(bin, p.Name), ".")
		build.Dir = filepath.Join(root, p.Dir)
		build.Env = append(os.Environ(), "GOWORK=off") // each module as it stands
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", p.Name, err, out)
		}
	}
	return nil
}
