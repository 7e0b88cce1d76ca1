package codec

import "errors"

// oracle decodes a stream the simple way: it asks for one byte after another,
// checks what that byte can tell, and knows nothing of buffers. It shares only
// the named errors with the decoder.
type oracle struct {
	role         Role
	maxMessage   int
	maxFragments int

	stream []byte
	events []event

	fragmented bool
	op         Opcode
	message    []byte
	frames     int
	text       naiveUTF8
}

var (
	errEnd    = errors.New("end of stream")
	errClosed = errors.New("close frame")
)

// expected gives what a decoder must make of stream.
func expected(cfg *Config, stream []byte) result {
	o := &oracle{role: cfg.Role, maxMessage: cfg.MaxMessage, maxFragments: cfg.MaxFragments, stream: stream}
	if o.maxMessage <= 0 {
		o.maxMessage = 1 << 20
	}
	if o.maxFragments <= 0 {
		o.maxFragments = 65536
	}
	r := result{idle: true}
	for {
		idle := !o.fragmented && len(o.stream) == 0
		switch err := o.frame(); err {
		case nil:
			continue
		case errEnd:
			r.idle = idle
		case errClosed:
			r.idle = false
		default:
			r.err, r.idle = err, false
		}
		r.events = o.events
		return r
	}
}

func (o *oracle) byte() (byte, error) {
	if len(o.stream) == 0 {
		return 0, errEnd
	}
	c := o.stream[0]
	o.stream = o.stream[1:]
	return c, nil
}

func (o *oracle) frame() error {
	first, err := o.byte()
	if err != nil {
		return err
	}
	fin, op := first >= 128, first%16
	control := op == 8 || op == 9 || op == 10
	switch {
	case op != 0 && op != 1 && op != 2 && !control:
		return ErrReservedOpcode
	case control && !fin:
		return ErrControlFragmented
	case first&0x70 != 0:
		return ErrReservedBits
	case op == 0 && !o.fragmented:
		return ErrUnexpectedContinuation
	case (op == 1 || op == 2) && o.fragmented:
		return ErrExpectedContinuation
	case op == 0 && o.frames == o.maxFragments:
		return ErrTooManyFragments
	}

	second, err := o.byte()
	if err != nil {
		return err
	}
	masked, length := second >= 128, int(second%128)
	switch {
	case control && length > 125:
		return ErrControlTooLong
	case o.role == Server && !masked:
		return ErrMaskRequired
	case o.role == Client && masked:
		return ErrMaskUnexpected
	case op == 8 && length == 1:
		return ErrCloseLength
	}

	if !control && op != 0 {
		o.message, o.op, o.frames, o.text = nil, Opcode(op), 0, naiveUTF8{}
	}
	limit := o.maxMessage - len(o.message)
	switch length {
	case 126:
		length, err = o.length(2, 126, limit)
	case 127:
		length, err = o.length(8, 65536, limit)
	default:
		if !control && length > limit {
			err = ErrMessageTooBig
		}
	}
	if err != nil {
		return err
	}

	var mask [4]byte
	for i := 0; masked && i < 4; i++ {
		if mask[i], err = o.byte(); err != nil {
			return err
		}
	}
	if control {
		return o.control(Opcode(op), length, mask)
	}
	o.frames++
	o.fragmented = !fin
	if err := o.data(length, mask); err != nil {
		o.fragmented = true
		return err
	}
	if !fin {
		return nil
	}
	if o.op == Text && o.text.need > 0 {
		return ErrInvalidUTF8
	}
	o.events = append(o.events, event{o.op, string(o.message)})
	return nil
}

// length reads an extended length, failing with the first byte after which no
// acceptable length is possible.
func (o *oracle) length(size, least, limit int) (int, error) {
	v := uint64(0)
	for i := 1; i <= size; i++ {
		c, err := o.byte()
		if err != nil {
			return 0, err
		}
		v = v*256 + uint64(c)
		lowest, highest := v, v
		for range size - i {
			lowest, highest = lowest*256, highest*256+255
		}
		switch {
		case lowest >= 1<<63:
			return 0, ErrLengthTopBit
		case highest < uint64(least):
			return 0, ErrLengthNotMinimal
		case lowest > uint64(limit):
			return 0, ErrMessageTooBig
		}
	}
	return int(v), nil
}

func (o *oracle) data(length int, mask [4]byte) error {
	for i := range length {
		c, err := o.byte()
		if err != nil {
			return err
		}
		c ^= mask[i%4]
		o.message = append(o.message, c)
		if o.op == Text && !o.text.step(c) {
			return ErrInvalidUTF8
		}
	}
	return nil
}

func (o *oracle) control(op Opcode, length int, mask [4]byte) error {
	var payload []byte
	var reason naiveUTF8
	for i := range length {
		c, err := o.byte()
		if err != nil {
			return err
		}
		payload = append(payload, c^mask[i%4])
		if op != Close {
			continue
		}
		if i == 1 && !naiveSendable(int(payload[0])*256+int(payload[1])) {
			return ErrCloseCode
		}
		if i > 1 && !reason.step(payload[i]) {
			return ErrCloseReason
		}
	}
	if reason.need > 0 {
		return ErrCloseReason
	}
	o.events = append(o.events, event{op, string(payload)})
	if op == Close {
		return errClosed
	}
	return nil
}

func naiveSendable(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return code >= 3000 && code < 5000
}

// naiveUTF8 follows the grammar of RFC 3629 section 4.
type naiveUTF8 struct {
	need   int // continuation bytes
	lo, hi byte
}

func (u *naiveUTF8) step(c byte) bool {
	if u.need > 0 {
		ok := u.lo <= c && c <= u.hi
		*u = naiveUTF8{u.need - 1, 0x80, 0xBF}
		return ok
	}
	switch {
	case c <= 0x7F:
	case 0xC2 <= c && c <= 0xDF:
		*u = naiveUTF8{1, 0x80, 0xBF}
	case c == 0xE0:
		*u = naiveUTF8{2, 0xA0, 0xBF}
	case c == 0xED:
		*u = naiveUTF8{2, 0x80, 0x9F}
	case 0xE1 <= c && c <= 0xEF:
		*u = naiveUTF8{2, 0x80, 0xBF}
	case c == 0xF0:
		*u = naiveUTF8{3, 0x90, 0xBF}
	case 0xF1 <= c && c <= 0xF3:
		*u = naiveUTF8{3, 0x80, 0xBF}
	case c == 0xF4:
		*u = naiveUTF8{3, 0x80, 0x8F}
	default:
		return false
	}
	return true
}
