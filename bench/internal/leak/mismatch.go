package leak

import (
	"bytes"
	"fmt"
	"math/bits"

	"github.com/sockeye-ws/sockeye/bench/internal/report"
	"github.com/sockeye-ws/sockeye/codec"
)

// String names the message as a report does.
func (m Message) String() string {
	if m.Seq >= pingSeq {
		return fmt.Sprintf("ping %d of connection %d", m.Seq-pingSeq, m.Conn)
	}
	return fmt.Sprintf("message %d of connection %d", m.Seq, m.Conn)
}

var opNames = map[codec.Opcode]string{codec.Text: "text", codec.Binary: "binary", codec.Ping: "ping"}

// explain tells how what came differs from the message that was due.
func explain(due Message, op codec.Opcode, got []byte) string {
	wantOp, _ := due.shape()
	want := due.Append(nil)
	at := firstDifference(want, got)
	text := fmt.Sprintf("%v was due, %s of %d B; ", due, opNames[wantOp], len(want))
	switch {
	case at == len(want) && at == len(got):
		return text + fmt.Sprintf("it came as %s", opNames[op])
	case at == len(got):
		return text + fmt.Sprintf("it was cut to %d B", len(got))
	case at == len(want):
		return text + fmt.Sprintf("it came with %d B more%s", len(got)-at, origin(due, got, at))
	}
	text += fmt.Sprintf("came %s of %d B that differs from byte %d on%s", opNames[op], len(got), at, origin(due, got, at))
	if intact(got) {
		text += " (with the right checksum)"
	}
	return text
}

// firstDifference gives the offset of the first byte that is not in both.
func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// origin tells whose the bytes of a payload are from at on.
func origin(due Message, got []byte, at int) string {
	if m, ok := owner(got); ok && at == 0 && bytes.Equal(m.Append(nil), got) {
		return ": " + relation(due, m) + ", whole"
	}
	start := at / wordSize * wordSize
	skipped, p, ok := trace(got[start:])
	if !ok || p == (piece{due, start + skipped}) {
		return damage(due, got)
	}
	return fmt.Sprintf(": from %d on bytes %d and so on of %s", start+skipped, p.offset, relation(due, p.Message))
}

// relation tells what m is to a connection to which another message was due.
func relation(due, m Message) string {
	switch {
	case m.Conn != due.Conn:
		return "ANOTHER CONNECTION'S " + m.String()
	case m.Seq < due.Seq:
		return "its own earlier " + m.String()
	case m.Seq == due.Seq:
		return "the same " + m.String()
	}
	return "its own later " + m.String()
}

// damage tells how many bits differ, if that is all that does.
func damage(due Message, got []byte) string {
	want := due.Append(nil)
	if len(want) != len(got) {
		return ": bytes that are nobody's"
	}
	n := 0
	for i := range want {
		n += bits.OnesCount8(want[i] ^ got[i])
	}
	return fmt.Sprintf(": %s in all", report.Plural(n, "wrong bit"))
}
