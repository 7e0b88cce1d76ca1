package attack

import (
	"math/rand/v2"
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

const (
	stay     = 2 * time.Second        // once served
	retry    = 200 * time.Millisecond // between two attempts, on average
	attempts = 200
)

// comeBack connects until it is served, stays for a while and leaves.
func comeBack(a *attacker) string {
	for range attempts {
		refused := opened(hello)(a)
		if refused == "echo" {
			return refused
		}
		a.meet(refused, 1)
		a.hangUp()
		time.Sleep(rand.N(2 * retry))
	}
	return "never served"
}

func hello(a *attacker) string {
	payload := []byte("here again")
	a.send(codec.AppendMaskedFrame(nil, codec.Binary, payload, mask))
	answer := a.echoed(payload)
	if answer == "echo" {
		a.served()
		a.pause(stay)
		a.send(codec.AppendMaskedClose(nil, codec.CloseNormal, "", mask))
	}
	return answer
}
