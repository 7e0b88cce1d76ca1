package engine_test

import (
	"testing"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine"
	"github.com/sockeye-ws/sockeye/handshake"
)

// A hook may give the connection to others, who then send as early as they can.
func TestSendPreparedEarly(t *testing.T) {
	t.Parallel()
	onLoopsAndWorkers(t, func(t *testing.T, workers int) {
		message := codec.Prepare(codec.Text, []byte("early"))
		sent := make(chan error, 1)
		h := engine.HandlerFuncs{}
		s := serve(t, h, engine.Options{Workers: workers, UpgradeConn: func(c *engine.Conn, r *handshake.Request) (engine.Accept, error) {
			go func() {
				err := c.SendPrepared(message)
				for err == engine.ErrClosed && c.State() <= engine.Open {
					err = c.SendPrepared(message)
				}
				sent <- err
			}()
			return engine.Accept{Handler: h}, nil // of its own: with a profile of its own
		}})
		p := open(t, s)
		if err := receive(t, "it to be sent", sent); err != nil {
			t.Fatal(err)
		}
		p.expect(codec.Text, "early")
	})
}
