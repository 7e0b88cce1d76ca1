package codec

import (
	"unicode/utf8"
)

// readHeader takes bytes of a header from b, at most to its end, and returns
// how many. With the last of them the frame begins.
func (d *Decoder) readHeader(b []byte) int {
	had := int(d.have)
	p := d.part[:had+copy(d.part[had:MaxHeaderSize], b)]
	if v := d.check(p); v != nil {
		d.fail(v)
		return 0
	}
	h, size := parseHeader(p)
	if size == 0 {
		d.have, d.phase = uint8(len(p)), inHeader
		return len(b)
	}
	d.beginFrame(h)
	return size - had
}

func (d *Decoder) beginFrame(h Header) {
	d.header, d.got, d.have, d.phase = h, 0, 0, inPayload
	if h.OpCode.IsControl() {
		return
	}
	if h.OpCode != Continuation {
		d.message, d.frames, d.deflated = h.OpCode, 0, h.Rsv == rsv1
	}
	d.frames++
}

func (d *Decoder) endFrame() {
	d.phase = between
	if d.message != 0 {
		d.phase = inHeader
	}
}

// lacking gives the number of bytes that are missing from the frame's payload.
func (d *Decoder) lacking() int { return int(d.header.Length) - d.got }

// readPayload takes bytes of the frame's payload from b, at most to its end,
// and returns how many, with the event that they complete.
func (d *Decoder) readPayload(b []byte) (op Opcode, payload []byte, n int) {
	n = min(len(b), d.lacking())
	b = b[:n:n]
	switch {
	case d.header.OpCode.IsControl():
		op, payload = d.readControl(b)
	case d.deflated:
		return d.readDeflated(b)
	default:
		op, payload = d.readData(b)
	}
	return op, payload, n
}

func (d *Decoder) readControl(b []byte) (op Opcode, payload []byte) {
	d.unmask(b)
	payload = b
	if len(b) < int(d.header.Length) {
		n := d.got + copy(d.part[d.got:], b)
		payload = d.part[:n:n]
	}
	d.got += len(b)
	whole := d.lacking() == 0
	if d.header.OpCode == Close {
		if v := checkClose(payload, whole); v != nil {
			d.fail(v)
			return 0, nil
		}
	}
	if !whole {
		return 0, nil
	}
	d.endFrame()
	if d.header.OpCode == Close {
		d.drop()
		d.endInflating()
		d.phase = closed
	}
	return d.header.OpCode, payload
}

func (d *Decoder) readData(b []byte) (op Opcode, payload []byte) {
	if d.buf == nil && d.header.Fin && len(b) == int(d.header.Length) {
		return d.inPlace(b)
	}
	if len(b) == 0 {
		return d.keep(0)
	}
	if d.buf == nil || free(d.buf) < len(b) {
		d.grow(len(b))
	}
	copy(d.buf.B[len(d.buf.B):cap(d.buf.B)], b)
	return d.keep(len(b))
}

// inPlace completes the message with b, which holds all its bytes.
func (d *Decoder) inPlace(b []byte) (op Opcode, payload []byte) {
	d.unmask(b)
	if d.message == Text && !utf8.Valid(b) {
		d.fail(ErrInvalidUTF8)
		return 0, nil
	}
	op, d.message, d.phase = d.message, 0, between
	return op, b
}

// keep takes n bytes that were put behind the buffer's own, and completes the
// message if they are its last.
func (d *Decoder) keep(n int) (op Opcode, payload []byte) {
	if n > 0 {
		had := len(d.buf.B)
		d.buf.B = d.buf.B[:had+n]
		added := d.buf.B[had:]
		d.unmask(added)
		if d.message == Text && !d.utf8.Valid(added) {
			d.fail(ErrInvalidUTF8)
			return 0, nil
		}
		d.got += n
	}
	switch {
	case d.lacking() > 0:
		return 0, nil
	case !d.header.Fin:
		d.endFrame()
		return 0, nil
	case !d.utf8.Complete():
		d.fail(ErrInvalidUTF8)
		return 0, nil
	}
	op, d.message, d.phase = d.message, 0, delivered
	return op, d.buf.B[:len(d.buf.B):len(d.buf.B)]
}

// unmask does so with the frame's next bytes.
func (d *Decoder) unmask(b []byte) {
	if d.header.Masked {
		applyMask(b, d.header.Mask, d.got)
	}
}
