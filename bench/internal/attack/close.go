package attack

import (
	"time"

	"github.com/sockeye-ws/sockeye/codec"
)

// sendAfterClose says goodbye and talks on.
var sendAfterClose = opened(func(a *attacker) string {
	b := codec.AppendMaskedClose(nil, codec.CloseNormal, "", mask)
	for range 10 {
		b = codec.AppendMaskedFrame(b, codec.Binary, []byte("after the end"), mask)
	}
	a.send(b)
	said := a.ending()
	if a.messages > 0 {
		said += ", and an echo"
	}
	return said
})

// ignoreClose has the server close, answers nothing, and goes on until it is
// no longer listened to.
var ignoreClose = opened(func(a *attacker) string {
	a.send([]byte{0x83, 0x80, 0, 0, 0, 0}) // a reserved opcode
	said := a.closing()
	a.pour(func() []byte {
		time.Sleep(100 * time.Millisecond)
		return codec.AppendMaskedFrame(nil, codec.Binary, []byte("still here"), mask)
	})
	if !a.pouredOut() {
		said += ", then held"
	}
	return said
})

// closing reads up to a Close.
func (a *attacker) closing() string {
	defer a.patient()()
	op, payload, err := a.frame()
	switch {
	case err != nil:
		return ended(err)
	case op != codec.Close:
		return "something else"
	}
	return closeAnswer(payload)
}
