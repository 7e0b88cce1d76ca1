// Package peer is what the server programs of the comparison have in common:
// how they are started, asked to collect their garbage, and ended. What differs
// between the programs is then the server alone.
package peer

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// certFile and keyFile are the flags of peers that can serve wss.
var certFile, keyFile string

// Certificate gives the files of a certificate and its key, if wss is to be
// served: then it is ok.
func Certificate() (cert, key string, ok bool) { return certFile, keyFile, certFile != "" }

// Collected is the line that a peer prints when it has collected its garbage.
const Collected = "collected"

// Main is the main function of a peer whose server serves a listener until it
// fails. See [MainAddr].
func Main(serve func(l net.Listener, broadcast bool) error) {
	MainAddr(func(addr string, broadcast bool, ready func(net.Addr)) error {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		ready(l.Addr())
		return serve(l, broadcast)
	})
}

// MainAddr is the main function of a peer whose server listens by itself. serve
// listens on addr, the value of the flag -addr, calls ready once with the
// address it got, and serves until it fails. It echoes each message; if
// broadcast, the value of that flag, is true, it sends each to all connections
// instead, the sender's included.
//
// The program prints "listening on ADDR". On SIGUSR1 it collects its garbage,
// gives the free memory back to the system and prints [Collected]. On SIGINT
// and SIGTERM it ends at once, with status 0: what its connections and their
// server then do is not what is compared.
func MainAddr(serve func(addr string, broadcast bool, ready func(net.Addr)) error) {
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	broadcast := flag.Bool("broadcast", false, "send each message to all connections")
	flag.StringVar(&certFile, "cert", "", "`file` with a certificate: serve wss")
	flag.StringVar(&keyFile, "key", "", "`file` with the certificate's key")
	flag.Parse()
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGINT, unix.SIGTERM)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGUSR1)
	go collectWhenAsked(asked, os.Stdout)
	failed := make(chan error, 1)
	go func() {
		failed <- serve(*addr, *broadcast, func(bound net.Addr) { fmt.Println("listening on", bound) })
	}()
	select {
	case err := <-failed:
		log.Fatalf("%s: %v", filepath.Base(os.Args[0]), err)
	case <-ended:
	}
}

func collectWhenAsked(asked <-chan os.Signal, out io.Writer) {
	for range asked {
		collect()
		fmt.Fprintln(out, Collected)
	}
}

// collect collects twice, as what a sync.Pool holds outlives one collection.
func collect() {
	runtime.GC()
	debug.FreeOSMemory() // collects first
}
