package listen_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sockeye-ws/sockeye/engine/listen"
)

// A net/http server that the next process replaces on SIGHUP.
func ExampleSockets() {
	sockets, err := listen.Inherited()
	if err != nil {
		log.Fatal(err)
	}
	l, err := sockets.Listen("web", "tcp", ":8080")
	if err != nil {
		log.Fatal(err)
	}
	var srv http.Server
	go srv.Serve(l)
	if err := sockets.Ready(); err != nil {
		log.Fatal(err)
	}
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	for range hangUp {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := sockets.HandOver(ctx, nil)
		cancel()
		if err == nil {
			break
		}
		log.Print("going on: ", err)
	}
	srv.Shutdown(context.Background())
}

// A socket for the programs of a group.
func ExampleUnix() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "chat.sock")
	l, err := listen.Unix(path, 0o660)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	info, err := os.Stat(path)
	fmt.Println(info.Mode(), err)
	// Output: Srw-rw---- <nil>
}
