package attack

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The example key of RFC 6455, 1.3: no attack depends on it.
const (
	requestLine  = "GET / HTTP/1.1\r\nHost: attacked\r\n"
	upgradeLines = "Upgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	request = requestLine + upgradeLines + "\r\n"
)

// connected does play on a fresh connection.
func connected(play func(a *attacker) string) func(a *attacker) string {
	return func(a *attacker) string {
		if err := a.dial(); err != nil {
			return "no connection: " + ended(err)
		}
		return play(a)
	}
}

// opened does play on a fresh WebSocket.
func opened(play func(a *attacker) string) func(a *attacker) string {
	return connected(func(a *attacker) string {
		if refused := a.upgrade(); refused != "" {
			return refused
		}
		return play(a)
	})
}

// upgrade makes the connection a WebSocket, and gives the answer if that is
// not 101.
func (a *attacker) upgrade() (refused string) {
	a.send([]byte(request))
	return a.upgraded()
}

func (a *attacker) upgraded() (refused string) {
	defer a.patient()()
	answer, err := http.ReadResponse(a.in, nil)
	switch {
	case err != nil:
		return ended(err)
	case answer.StatusCode != http.StatusSwitchingProtocols:
		return strconv.Itoa(answer.StatusCode)
	}
	return ""
}

var sayNothing = connected((*attacker).status)

var askHalf = connected(func(a *attacker) string {
	a.send([]byte(request[:len(request)/2]))
	return a.status()
})

// dribble sends a byte each second.
var dribble = connected(func(a *attacker) string {
	sent := 0
	a.pour(func() []byte {
		if sent > 0 {
			time.Sleep(time.Second) // also when the attack is over
		}
		sent++
		return []byte{request[(sent-1)%len(request)]}
	})
	return a.status()
})

// sendLines sends n header lines.
func sendLines(n int) func(a *attacker) string {
	head := requestLine + strings.Repeat("X-Nothing: 0123456789\r\n", n) + upgradeLines + "\r\n"
	return connected(func(a *attacker) string { return a.ask(head) })
}

// sendLine sends a header line of n bytes.
func sendLine(n int) func(a *attacker) string {
	head := requestLine + "X-Long: " + strings.Repeat("x", n) + "\r\n" + upgradeLines + "\r\n"
	return connected(func(a *attacker) string { return a.ask(head) })
}

// ask writes while it reads: the answer need not wait for all of it.
func (a *attacker) ask(head string) string {
	a.pourOnce([]byte(head))
	return a.status()
}

// pipeline asks for a page, and then for what the server could give.
var pipeline = connected(func(a *attacker) string {
	a.send([]byte(requestLine + "\r\n" + request))
	return a.status()
})
