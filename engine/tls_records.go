package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/sockeye-ws/sockeye/codec"
	"github.com/sockeye-ws/sockeye/engine/internal/loop"
	"github.com/sockeye-ws/sockeye/pool"
)

// maxRecord is more than a valid record can have, in TLS 1.2 as in 1.3.
const maxRecord = recordHeader + 16<<10 + 2<<10

// maxData is how much data a record can have.
const maxData = 16 << 10

// maxBarren is how many bytes of records without data may come in a row: keys
// are renewed, and tickets sent, with much fewer. What makes up a message of the
// handshake protocol, which is none while it is incomplete, is kept in memory.
const maxBarren = 32 << 10

var errBarren = errors.New("too many records without data")

// recordSize gives the size of the record that b begins with; 0 if its header
// is not complete. It is that of b if no record can be so large, for crypto/tls
// to say so.
func recordSize(b []byte) int {
	if len(b) < recordHeader {
		return 0
	}
	n := recordHeader + int(binary.BigEndian.Uint16(b[3:]))
	if n > maxRecord {
		return len(b)
	}
	return n
}

// wholeRecords gives the size of the whole records that b begins with, in a
// handshake. What has none of the types of TLS is not waited for.
func wholeRecords(b []byte) (n int) {
	for {
		if len(b)-n >= recordHeader && (b[n] < 20 || b[n] > 23) {
			return len(b)
		}
		size := recordSize(b[n:])
		if size == 0 || size > len(b)-n {
			return n
		}
		n += size
	}
}

// records takes what was read from a connection with TLS. Whole records are
// decrypted from where they lie, each for itself; what is left is kept.
func (s *sessions) records(c *Conn, b []byte) {
	t := c.profile.tls
	if t.shake != nil {
		s.collect(c, t, b)
		return
	}
	for len(b) > 0 && c.hearsRecords() {
		record, own, left := t.cut(b)
		if record == nil {
			b = left
			break
		}
		s.record(c, t, record)
		pool.Put(own)
		if b = left; len(b) > 0 && c.hearsRecords() {
			s.pace(c, true)
		}
	}
	if !c.conn.Finishing() && !c.conn.Gone() {
		t.keep(b)
	}
	s.chargeTLS(t)
}

// recordsOn goes on with records that were kept while c was held.
func (s *sessions) recordsOn(c *Conn) {
	t := c.profile.tls
	if t == nil || t.rest == nil || !c.hearsRecords() {
		return
	}
	rest := t.rest
	t.rest = nil
	s.records(c, rest.B)
	pool.Put(rest)
}

func (c *Conn) hearsRecords() bool { return c.conn.Hears() && !c.conn.Finishing() && !c.conn.Gone() }

// cut gives the next whole record of what was kept and b behind it, and what is
// left of b; nil if there is none. The record lies in b, or in own, which is to
// be put back.
func (t *tlsState) cut(b []byte) (record []byte, own *pool.Buffer, left []byte) {
	if t.rest == nil {
		n := recordSize(b)
		if n == 0 || n > len(b) {
			return nil, nil, b
		}
		return b[:n], nil, b[n:]
	}
	left = b[t.complete(b):]
	if recordSize(t.rest.B) != len(t.rest.B) {
		return nil, nil, left
	}
	own, t.rest = t.rest, nil
	return own.B, own, left
}

// complete moves to rest, which is a part of a record, what that lacks, and
// gives its size.
func (t *tlsState) complete(b []byte) (n int) {
	if lack := recordHeader - len(t.rest.B); lack > 0 {
		n = min(lack, len(b))
		t.keep(b[:n])
	}
	if size := recordSize(t.rest.B); size > len(t.rest.B) {
		more := min(size-len(t.rest.B), len(b)-n)
		t.keep(b[n : n+more])
		n += more
	}
	return n
}

// keep keeps what was received but is not for conn yet.
func (t *tlsState) keep(b []byte) {
	switch {
	case len(b) == 0:
		return
	case t.rest == nil:
		t.rest = pool.Get(len(b))
	}
	t.rest = pool.Grow(t.rest, len(b))
	t.rest.B = append(t.rest.B, b...)
}

// record decrypts a whole record and handles what is in it. That may call a
// function of the configuration, as a client's session cache.
func (s *sessions) record(c *Conn, t *tlsState, record []byte) {
	defer s.recoverFrom(c)
	s.worked += recordWork
	buf, direct := s.roomFor(c, len(record))
	n, err := c.decrypt(t, record, buf)
	t.largest = max(t.largest, len(record))
	t.barren += len(record)
	switch {
	case n > 0 && direct:
		t.barren = 0
		s.filled(c, n)
	case n > 0:
		t.barren = 0
		s.plain(c, buf[:n])
		pool.Scribble(buf[:n])
	}
	if err == nil && t.barren > maxBarren {
		err = errBarren
	}
	switch {
	case err == nil:
	case err == io.EOF:
		s.loop.End(&c.conn)
	default:
		s.broken(c, err)
	}
}

// roomFor gives the place for what is in a record of so many bytes.
func (s *sessions) roomFor(c *Conn, size int) (room []byte, direct bool) {
	if c.rx != nil && c.rx.opening == nil {
		if room := c.rx.decoder.Room(); len(room) >= max(minDirect, size) {
			return room, true
		}
	}
	if s.opened == nil {
		s.opened = make([]byte, maxData)
	}
	return s.opened, false
}

// decrypt decrypts a whole record into buf, which has room for it. What this
// makes crypto/tls say, an answer to new keys or an alert, is sent.
func (c *Conn) decrypt(t *tlsState, record, buf []byte) (int, error) {
	c.conn.Lock()
	defer c.conn.Unlock()
	t.in, t.left = record, 0
	n, err := t.decrypted(buf)
	t.in = nil
	c.conn.SendSealedLocked(t.takeOut())
	return n, err
}

// decrypted reads what conn has, into buf. It is no error to have none.
func (t *tlsState) decrypted(buf []byte) (n int, err error) {
	if n, err = t.conn.Read(buf); err == error(errAgain{}) {
		err = nil
	}
	return n, err
}

// broken ends a connection whose peer broke the rules of TLS, or has told us
// that we did. After an alert of ours nothing can be sent, not even what waits
// for the end of this read.
func (s *sessions) broken(c *Conn, err error) {
	err = fmt.Errorf("engine: TLS: %w", err)
	if c.State() == Connecting && c.profile.client {
		s.cut(c, err)
		return
	}
	c.conn.Lock()
	if c.end == nil {
		c.end = &CloseError{Code: codec.CloseAbnormal}
	}
	if c.end.Err == nil {
		c.end.Err = err
	}
	switch c.State() {
	case Connecting:
		c.setStateLocked(refused)
	case Open:
		c.setStateLocked(Closing)
	}
	c.dropOutboxLocked()
	c.conn.Unlock()
	s.release(c)
	c.conn.Finish(c.profile.closeTimeout, loop.Silent)
}

// releaseTLS gives back what c has received but not read.
func (s *sessions) releaseTLS(c *Conn) {
	t := c.profile.tls
	if t == nil {
		return
	}
	pool.Put(t.rest)
	t.rest, t.largest = nil, 0 // conn ends soon, and cannot be made to give up what it keeps
	switch sh := t.shake; {
	case sh == nil:
	case !sh.running || s.owner.shakers.drop(sh):
		sh.running = false
		sh.end()
	default:
		sh.cancel() // a hook that waits keeps a handshaker from others
	}
	s.chargeTLS(t)
}

// endTLS is the end of c.
func (s *sessions) endTLS(c *Conn) {
	t := c.profile.tls
	if t == nil {
		return
	}
	if !t.established && !c.profile.client {
		s.stats.tlsFailed.Add(1)
	}
	s.received.Add(-int64(t.charged))
	t.charged = 0
}

// smallRecord is the largest record for which what crypto/tls keeps is not
// counted: every connection has that.
const smallRecord = 4 << 10

// chargeTLS counts what c holds for TLS beyond what every connection does.
func (s *sessions) chargeTLS(t *tlsState) {
	held := 0
	if t.rest != nil {
		held = cap(t.rest.B)
	}
	if t.largest > smallRecord {
		held += t.largest
	}
	if t.shake != nil {
		held += t.shake.held()
	}
	if held != t.charged {
		s.received.Add(int64(held - t.charged))
		t.charged = held
	}
}
