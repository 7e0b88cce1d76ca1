package peer

import (
	"flag"
	"net"

	"github.com/sockeye-ws/sockeye/bench/internal/deflating"
)

// MainCompressing is [Main] of a peer that can compress messages: as the value
// of the flag -compress says, every message and at the fastest level.
func MainCompressing(serve func(l net.Listener, broadcast bool, way deflating.Way) error) {
	var way deflating.Way
	flag.Func("compress", "`way` to compress messages: alone, takeover or \"takeover 10\" (default: none)", func(s string) (err error) {
		way, err = deflating.Parse(s)
		return err
	})
	Main(func(l net.Listener, broadcast bool) error { return serve(l, broadcast, way) })
}
