// Auth shows three ways to know who opens a WebSocket: by the cookie of a login,
// by a token in the first message, and by a token beside the subprotocol.
// docs/auth.md says when to take which.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/engine"
)

// auth knows who may come in.
type auth struct {
	users    *users
	guesses  *guesses
	sessions sessions
	secure   bool          // cookies are for HTTPS only, even if this server does not speak it
	patience time.Duration // for the first message of a stranger, and for a login's turn
}

func newServer(a *auth) *engine.Server {
	return engine.NewServer(nil, engine.Options{
		Mux:     a.routes(),
		HTTP:    a.web(),
		Workers: handlersAtOnce, // as looking a secret up may block
	})
}

var (
	addr     = flag.String("addr", ":8080", "address to listen at")
	cert     = flag.String("cert", "", "file with the certificate, for HTTPS and wss")
	key      = flag.String("key", "", "file with its key")
	secure   = flag.Bool("secure", false, "cookies are for HTTPS only: behind a proxy that ends TLS")
	patience = flag.Duration("patience", 5*time.Second, "time for a first message, and for a login to wait for its turn")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		log.Fatal("auth: ", err)
	}
}

// run serves until SIGINT or SIGTERM. The one user is ada, with the password in
// the variable PASSWORD, or a random one.
func run() error {
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	password := cmp.Or(os.Getenv("PASSWORD"), rand.Text())
	known, err := newUsers(map[string]string{"ada": password})
	if err != nil {
		return err
	}
	srv := newServer(&auth{users: known, guesses: newGuesses(time.Now), secure: *secure, patience: *patience})
	signalled, restore := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer restore()
	stopped := make(chan error, 1)
	go func() {
		<-signalled.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(ctx)
	}()
	fmt.Println("listening on", l.Addr())
	if os.Getenv("PASSWORD") == "" {
		fmt.Println("log in as ada with the password", password)
	}
	serve := srv.Serve
	if *cert != "" {
		serve = func(l net.Listener) error { return srv.ServeTLS(l, *cert, *key) }
	}
	if err := serve(l); !errors.Is(err, engine.ErrServerClosed) {
		return err
	}
	return <-stopped
}
