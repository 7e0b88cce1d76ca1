package attack

import "time"

// limit is the largest message that servers accept: the default of ours, and
// what the others are set to.
const limit = 1 << 20

// gone is how long a connection may last that says nothing useful: the default
// of the handshake's and of the close's deadline, and the time to notice.
const gone = 5*time.Second + 500*time.Millisecond

// pongs is what a server may hold of them for an attacker: what it answered in
// one go when the socket became full, the one that waits, and what keeps them.
const pongs = 64<<10 + 1<<10

// half is what a server may hold for a connection that has begun a short
// compressed message: the tables to inflate it with, and the first bytes.
const half = 16 << 10

// echoing is for a message that is inflated while the echo of the one before is
// compressed, and for garbage: both are made anew hundreds of times a second.
const echoing = 2*limit + limit/2

var (
	compress       = []string{"-compress"}
	hurryCompress  = []string{"-compress", "-close-timeout", "1s"}
	hurryHandshake = []string{"-handshake-timeout", "1s"}
	hurryClose     = []string{"-close-timeout", "1s"}
)

// All are the attacks, in the order of a report.
var All = []*Attack{
	{Name: "length-2^31", Does: "declares a message of 2^31 bytes", Conns: 100,
		Answers: []string{"close 1009"}, Hurry: hurryClose, play: declare(1 << 31)},
	{Name: "length-2^32", Does: "declares a message of 2^32 bytes", Conns: 100,
		Answers: []string{"close 1009"}, Hurry: hurryClose, play: declare(1 << 32)},
	{Name: "length-2^63-1", Does: "declares the longest message that there can be", Conns: 100,
		Answers: []string{"close 1009"}, Hurry: hurryClose, play: declare(1<<63 - 1)},
	{Name: "length-2^63", Does: "declares a length whose top bit is set", Conns: 100,
		Answers: []string{"close 1002"}, Hurry: hurryClose, play: declare(1 << 63)},

	{Name: "fragments-empty", Does: "continues a message with a million empty fragments", Conns: 20,
		Answers: []string{"close 1008"}, Hurry: hurryClose, play: continueWith(0, 1_000_000)},
	{Name: "fragments-1-byte", Does: "continues a message with a million fragments of one byte", Conns: 20,
		Answers: []string{"close 1008"}, Hurry: hurryClose, play: continueWith(1, 1_000_000)},
	{Name: "fragments-endless", Does: "continues a message without end, 4 KiB at a time", Conns: 20,
		Answers: []string{"close 1009"}, Hurry: hurryClose, play: continueWith(4<<10, 10_000)},
	{Name: "unfinished", Does: "holds back the last byte of the largest message", Conns: 50,
		Answers: []string{"echo"}, play: holdBack(limit)},
	{Name: "unfinished-half", Does: "the same with a little more than half of that", Conns: 50,
		Answers: []string{"echo"}, play: holdBack(limit/2 + 2)},

	{Name: "bomb", Does: "sends a compressed message without end that becomes a thousand times as large", Conns: 20, Deflates: true, Flags: compress,
		Answers: []string{"close 1009"}, Hurry: hurryCompress, play: deflateEndlessly(deflated(make([]byte, limit)))},
	{Name: "bombs", Does: "sends the largest messages in a kilobyte each, 16 at a time, and reads their echoes", Conns: 10, Deflates: true, Flags: compress,
		Answers: []string{"echo"}, Pins: echoing, play: sendBombs(limit)},
	{Name: "empty-blocks", Does: "sends a compressed message without end that has nothing in it", Conns: 20, Deflates: true, Flags: compress,
		Answers: []string{"close 1009"}, Hurry: hurryCompress, play: deflateEndlessly(manyEmptyBlocks)},
	{Name: "empty-tables", Does: "the same, with tables for codes that do not come", Conns: 20, Deflates: true, Flags: compress,
		Answers: []string{"close 1009"}, Hurry: hurryCompress, play: deflateEndlessly(manyTables)},
	{Name: "deflated-halves", Does: "begins a short compressed message and waits", Conns: 1000, Deflates: true, Flags: compress,
		Answers: []string{"echo"}, Buffered: half, play: holdBackDeflated(1 << 10)},

	{Name: "pings-unread", Does: "floods with pings and reads no pong", Conns: 10,
		Answers: []string{"the latest pong"}, Meets: []string{"pings", "pongs"}, Buffered: pongs, play: floodPings},
	{Name: "pongs-unread", Does: "floods with pongs that nobody asked for", Conns: 10,
		Answers: []string{"echo"}, Buffered: pongs, play: floodPongs},
	{Name: "echoes-unread", Does: "sends 4 KiB again and again and reads no echo", Conns: 20, Flags: []string{"-write-timeout", "2s"},
		Answers: []string{"cut"}, Within: gone, play: readNothing(4 << 10)},
	{Name: "large-unread", Does: "sends the largest message again and again and reads no echo", Conns: 20, Flags: []string{"-write-timeout", "2s"},
		Answers: []string{"cut"}, Within: gone, play: readNothing(limit)},
	{Name: "busy", Does: "sends 64 MiB of 1-byte messages and reads all echoes", Conns: 1,
		Answers: []string{"echo"}, play: keepBusy(64 << 20)},
	{Name: "over-the-rate", Does: "sends 10,000 messages at once, where 1,000 in a second are allowed", Conns: 20, Limited: true, Flags: []string{"-max-message-rate", "1000"},
		Hurry: []string{"-max-message-rate", "1000", "-close-timeout", "1s"}, Answers: []string{"close 1008"}, play: sendMany(10_000)},

	{Name: "silence", Does: "connects and says nothing", Conns: 100,
		Answers: []string{"cut"}, Within: gone, Hurry: hurryHandshake, play: sayNothing},
	{Name: "half-request", Does: "sends half a request and waits", Conns: 100,
		Answers: []string{"cut"}, Within: gone, Hurry: hurryHandshake, play: askHalf},
	{Name: "slowloris", Does: "sends a request, a byte a second", Conns: 100,
		Answers: []string{"cut", "reset"}, Within: gone, Hurry: hurryHandshake, play: dribble},
	{Name: "headers-2000", Does: "sends 2,000 header lines", Conns: 20,
		Answers: []string{"431"}, Hurry: hurryClose, play: sendLines(2000)},
	{Name: "header-1MB", Does: "sends a header line of 1 MB", Conns: 20,
		Answers: []string{"431"}, Hurry: hurryClose, play: sendLine(1_000_000)},
	{Name: "pipelined", Does: "sends a good request behind one that is refused", Conns: 20,
		Answers: []string{"426"}, play: pipeline},

	{Name: "split", Does: "sends request and message in one segment, or in two split at each offset", Conns: 20,
		Answers: []string{"echo"}, play: split},
	{Name: "data-after-close", Does: "sends messages after its Close", Conns: 20,
		Answers: []string{"close 1000"}, Hurry: hurryClose, play: sendAfterClose},
	{Name: "close-unanswered", Does: "breaks the protocol, answers no Close and sends on", Conns: 100,
		Answers: []string{"close 1002"}, Within: gone, Hurry: hurryClose, play: ignoreClose},

	{Name: "reconnecting", Does: "20,000 clients connect at once, where 15,000 are allowed, and come back until they are served", Conns: 20_000, Once: true, Limited: true,
		Flags: []string{"-max-conns", "15000"}, Hurry: []string{"-max-conns", "15000"}, Answers: []string{"echo"}, Meets: []string{"503", "cut", "reset"}, play: comeBack},
	{Name: "slow-readers", Does: "reads nothing of what is broadcast to all", Conns: 20, Fanout: true, Hurry: []string{"-max-buffered", "65536"},
		Answers: []string{"cut", "close 1008"}, play: readNoBroadcast},
}
