package engine

import (
	"errors"
	"fmt"

	"github.com/sockeye-ws/sockeye/codec"
)

// Errors that methods of [Conn], [Server] and [Dial] return.
var (
	// ErrServerClosed is returned by Serve, ListenAndServe, their TLS forms
	// and Dial after Shutdown or Close.
	ErrServerClosed = errors.New("engine: server closed")

	// ErrClosed is returned by the sending methods of a connection that is
	// closing or closed.
	ErrClosed = errors.New("engine: connection is closed")

	// ErrBufferFull is returned when a message was not taken because the
	// connection has too many unsent bytes; see [SendPolicy].
	ErrBufferFull = errors.New("engine: the peer reads too slowly: unsent bytes are at their limit")

	// ErrOlderDropped is returned when a message was taken at the cost of
	// older ones, which the peer will not get; see [DropOldest].
	ErrOlderDropped = errors.New("engine: the peer reads too slowly: older messages were dropped for this one")
)

// Reasons why the engine ended a connection, found in a [CloseError] by
// errors.Is.
var (
	ErrHandshakeTimeout = errors.New("engine: handshake not finished in time")                                       // Options.HandshakeTimeout
	ErrIdleTimeout      = errors.New("engine: peer silent for too long, though pinged")                              // Options.IdleTimeout
	ErrWriteTimeout     = errors.New("engine: peer took none of what was unsent for too long")                       // Options.WriteTimeout
	ErrCloseTimeout     = errors.New("engine: peer did not finish the close handshake in time")                      // Options.CloseTimeout
	ErrAborted          = errors.New("engine: connection aborted by this side")                                      // Conn.Abort
	ErrRate             = errors.New("engine: peer sends more in a second than it may")                              // Options.RatePolicy
	ErrMemory           = errors.New("engine: the server's connections hold too much memory, and this one the most") // Options.MaxMemory
	ErrPanic            = errors.New("engine: handler panicked")                                                     // of which the log has the stack
)

// MisuseError is returned for a call that can never succeed: a mistake of the
// calling program, not of the peer. Nothing was sent.
type MisuseError struct {
	Text string // what is wrong, and what to do instead
}

// Error gives Text.
func (e *MisuseError) Error() string { return "engine: " + e.Text }

// ErrNoHandler is returned by Serve, ListenAndServe and their TLS forms if
// connections would have no handler.
var ErrNoHandler = &MisuseError{"connections have no Handler: give NewServer one, or each Route, or have Upgrade or UpgradeConn choose it"}

// Misuses of the sending methods.
var (
	ErrNotMessage     = &MisuseError{"only text and binary messages can be sent with Send"}
	ErrInvalidUTF8    = &MisuseError{"a text message must be valid UTF-8: send it as binary"}
	ErrNoKey          = &MisuseError{"SendLatest needs a key: without one, use Send"}
	ErrControlTooLong = &MisuseError{"a ping's payload is limited to 125 bytes"}
	ErrCloseCode      = &MisuseError{"this close code must not be sent: use 1000-1003, 1007-1014 or 3000-4999"}
)

// CloseError says how a connection ended; OnClose always gets one.
type CloseError struct {
	// Code is the peer's close code if it closed first, else ours; 1005 if
	// the Close frame had none, 1006 if the connection ended without.
	Code codec.CloseCode

	// Reason is the text in the Close frame, valid UTF-8, at most 123 bytes.
	Reason string

	// Remote tells that the code came from the peer.
	Remote bool

	// Clean tells that both sides have sent and received a Close frame: what
	// browsers call wasClean.
	Clean bool

	// Err is what went wrong, if anything did: a *codec.Error for a violation
	// by the peer, a system error, or one of this package's errors.
	Err error
}

// Error gives who closed, Code, Reason and Err.
func (e *CloseError) Error() string {
	who := "closed"
	if e.Remote {
		who = "closed by the peer"
	}
	text := fmt.Sprintf("engine: %s with %v", who, e.Code)
	if e.Reason != "" {
		text += fmt.Sprintf(" (%q)", e.Reason)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives e.Err.
func (e *CloseError) Unwrap() error { return e.Err }
