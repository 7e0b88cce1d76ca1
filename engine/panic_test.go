package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// journal is a slog.Handler that keeps the records.
type journal struct {
	mu      sync.Mutex
	records []slog.Record
}

func (*journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler     { return j }
func (j *journal) WithGroup(string) slog.Handler          { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.records = append(j.records, r)
	return nil
}

// attrs gives those of the only record.
func (j *journal) attrs(t *testing.T) map[string]string {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.records) != 1 || j.records[0].Level != slog.LevelError {
		t.Fatalf("logged %d records, want one error", len(j.records))
	}
	attrs := map[string]string{}
	j.records[0].Attrs(func(a slog.Attr) bool { attrs[a.Key] = a.Value.String(); return true })
	return attrs
}

// A panic costs the connection it came from, which is told 1011, and no other.
func TestPanics(t *testing.T) {
	t.Run("on a loop", func(t *testing.T) { testPanics(t, 0) })
	t.Run("on workers", func(t *testing.T) { testPanics(t, 2) })
}

func testPanics(t *testing.T, workers int) {
	t.Parallel()
	tests := []struct {
		name    string
		handler engine.HandlerFuncs
		provoke func(p *peer, c *engine.Conn)
	}{
		{"OnOpen", engine.HandlerFuncs{Open: func(*engine.Conn) { oops() }}, nil},
		{"OnMessage", engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) { oops() }},
			func(p *peer, _ *engine.Conn) { p.write(text("x") + text("y")) }},
		{"OnMessage of a large message", engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) { oops() }},
			func(p *peer, _ *engine.Conn) { p.write(text(pattern(1 << 20))) }},
		{"OnMessage of a fragmented message", engine.HandlerFuncs{Message: func(*engine.Conn, codec.Opcode, []byte) { oops() }},
			func(p *peer, _ *engine.Conn) {
				p.write(fragment(codec.Text, false, "x"))
				p.write(fragment(0, true, "y"))
			}},
		{"OnPong", engine.HandlerFuncs{Pong: func(*engine.Conn, []byte) { oops() }},
			func(p *peer, _ *engine.Conn) { p.write(frame(codec.Pong, "")) }},
		{"OnDrain", engine.HandlerFuncs{Drain: func(*engine.Conn) { oops() }},
			func(p *peer, c *engine.Conn) { c.SendText(pattern(4 << 20)); c.SendText(pattern(4 << 20)) }},
		{"OnClose", engine.HandlerFuncs{Close: func(*engine.Conn, error) { oops() }},
			func(p *peer, _ *engine.Conn) { p.write(closing(codec.CloseInternalError, "")) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log journal
			r := record(test.handler)
			well := record(echoing)
			s := serve(t, r, engine.Options{Workers: workers, Logger: slog.New(&log), MaxBuffered: 64 << 20, Upgrade: choose(well)})
			neighbour := openNeighbour(t, s)
			p := open(t, s)
			c := r.conn(t)
			if test.provoke != nil {
				test.provoke(p, c)
			}
			op, payload := p.next()
			for ; op != codec.Close; op, payload = p.next() {
			}
			if code, _, _ := codec.ParseClosePayload(payload); code != codec.CloseInternalError {
				t.Errorf("closed with %v", code)
			}
			p.expectEOF()
			p.Close()
			got := r.end(t)
			if test.name != "OnClose" && (got.Code != codec.CloseInternalError || !errors.Is(got, engine.ErrPanic)) {
				t.Errorf("OnClose got %#v", got)
			}
			neighbour.write(text("unharmed"))
			neighbour.expect(codec.Text, "unharmed")
			if st := s.Stats(); st.Panics != 1 || st.Open != 1 {
				t.Errorf("stats: %+v", st)
			}
			attrs := log.attrs(t)
			if attrs["panic"] != "oops" || !strings.Contains(attrs["stack"], "engine_test.oops") {
				t.Errorf("logged %v", attrs)
			}
		})
	}
}

func oops() { panic("oops") }

// choose gives connections that ask for /well the handler h.
func choose(h engine.Handler) hook {
	return func(r *handshake.Request) (engine.Accept, error) {
		if r.Path() == "/well" {
			return engine.Accept{Handler: h}, nil
		}
		return engine.Accept{}, nil
	}
}

func openNeighbour(t *testing.T, s *running) *peer {
	t.Helper()
	p := connect(t, s.addr)
	p.write(strings.Replace(request, "/chat", "/well", 1))
	p.upgraded()
	return p
}
