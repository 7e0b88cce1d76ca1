package loop

// Interest is a set of the readinesses that a loop waits for.
type Interest uint8

// The readinesses. An error or a hang-up counts as both.
const (
	Readable Interest = 1 << iota
	Writable
)

// maxReady is the most events that one Wait gives.
const maxReady = 512

// wakeSlot is the slot of a poller's own descriptor for Wake. Connections have
// slots from 0, listeners from wakeSlot-1 downwards.
const wakeSlot = -1

// Handle names what an event is for. It stays with one registration for good:
// the loop tells by the generation that a late event is for a connection
// which has gone, whose slot or descriptor may be in use again.
type Handle struct {
	Slot int32
	Gen  uint32
}

// Event tells that a descriptor is ready.
type Event struct {
	Handle Handle
	Ready  Interest
}

// Poller is the contract that each operating system's file must meet.
//
// Add, Modify and Remove may be called from any goroutine, also while another
// is in Wait. Registrations are level-triggered: Wait reports a descriptor
// each time as long as it is ready for what it is registered for; errors and
// hang-ups may be reported even with an empty interest. Closing the last
// descriptor of a socket ends its registration.
//
// Wait is for the loop's goroutine alone. It fills events, one for each
// descriptor or one for each of its readinesses, and returns how many there
// are: without blocking if there are any, else when one comes, when the clock
// of the System reaches deadline (which is in the past for a poll, and negative
// for no end), or after Wake; in the last two cases perhaps with none. It may
// also return early with none. It must leave no operating-system thread blocked
// longer than other goroutines would bear, and an error of it is final.
//
// Wake makes the running or the next Wait return. Any number of calls before
// that costs one system call. It may be called from any goroutine, and does
// nothing after Close.
type Poller interface {
	Add(fd int, h Handle, want Interest) Errno
	Modify(fd int, h Handle, want Interest) Errno
	Remove(fd int) Errno
	Wait(events []Event, deadline int64) (int, error)
	Wake()
	Close() error
}
