package load

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
)

// A close with another code than the expected one is an error.
func TestExpectedCode(t *testing.T) {
	for code, want := range map[codec.CloseCode]int{codec.CloseGoingAway: 0, codec.CloseNormal: 3} {
		url, srv := serve(t, engine.HandlerFuncs{Message: echo}, engine.Options{})
		g := dial(t, url, 3)
		g.ExpectClose(code)
		if err := srv.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.Wait()
		if got := g.Errors.Total(); got != want {
			t.Errorf("expected %v: %d errors, want %d", code, got, want)
		}
	}
}
