package attack

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"syscall"

	"github.com/sockeye-ws/sockeye/codec"
)

// ended names an end that came before anything was said.
func ended(err error) string {
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "cut"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "held"
	}
	return "error: " + err.Error()
}

// after names an end that came after what was said. A reset then loses nothing.
func after(said string, err error) string {
	if end := ended(err); end != "cut" && end != "reset" {
		return said + ", then " + end
	}
	return said
}

// status reads an answer in HTTP, and what follows it to the end.
func (a *attacker) status() string {
	defer a.patient()()
	answer, err := http.ReadResponse(a.in, nil)
	if err != nil {
		return ended(err)
	}
	said := strconv.Itoa(answer.StatusCode)
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return after(said, err)
	}
	n, err := io.Copy(io.Discard, a.in)
	if n > 0 {
		said += " and more"
	}
	return after(said, err)
}

// maxAnswer is the largest payload that a server can have reason to send.
const maxAnswer = 2 << 20

// frame reads a frame.
func (a *attacker) frame() (op codec.Opcode, payload []byte, err error) {
	h, err := a.header()
	if err != nil {
		return 0, nil, err
	}
	if h.Masked || h.Rsv != 0 || h.Length > maxAnswer {
		return 0, nil, fmt.Errorf("the server sent nonsense: %+v", h)
	}
	payload = make([]byte, h.Length)
	_, err = io.ReadFull(a.in, payload)
	return h.OpCode, payload, err
}

func (a *attacker) header() (h codec.Header, err error) {
	for size := 2; ; {
		b, err := a.in.Peek(size)
		if err != nil {
			return h, err
		}
		h, n, err := codec.ParseHeader(b)
		if err != nil {
			return h, err
		}
		if n > 0 {
			_, err = a.in.Discard(n)
			return h, err
		}
		size++
	}
}

// ending reads to the end of a WebSocket, and tells what the server had to say.
// Of two attackers one answers a Close, the other one does not.
func (a *attacker) ending() string {
	defer a.patient()()
	said := ""
	for {
		op, payload, err := a.frame()
		switch {
		case err != nil && said == "":
			return ended(err)
		case err != nil:
			return after(said, err)
		case op == codec.Close:
			said = closeAnswer(payload)
			if a.number%2 == 0 {
				a.send(codec.AppendMaskedClose(nil, codec.CloseNormal, "", mask))
			}
		case op == codec.Text || op == codec.Binary:
			a.messages++
		}
	}
}

func closeAnswer(payload []byte) string {
	code, _, err := codec.ParseClosePayload(payload)
	if err != nil {
		return "a wrong close: " + err.Error()
	}
	return fmt.Sprintf("close %d", code)
}
