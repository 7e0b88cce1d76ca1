package codec

import "sync/atomic"

// Prepared is a server's message, encoded once for many receivers. What its
// methods give never changes: any goroutine may use it.
type Prepared struct {
	op       Opcode
	frame    []byte
	start    int // of the payload in frame
	deflated atomic.Pointer[deflated]
}

// Prepare encodes a message as one frame. The payload is copied.
func Prepare(op Opcode, payload []byte) *Prepared {
	return &Prepared{op: op, frame: AppendFrame(nil, op, payload), start: HeaderSize(len(payload), false)}
}

// Opcode gives the message's opcode.
func (p *Prepared) Opcode() Opcode { return p.op }

// Frame gives the encoded frame. It must not be written to.
func (p *Prepared) Frame() []byte { return p.frame }

// Payload gives the payload, a part of the frame. It must not be written to.
func (p *Prepared) Payload() []byte { return p.frame[p.start:] }
