package main

import (
	"net"
	"net/http"
	_ "net/http/pprof" // its handlers
)

// servePprof serves net/http/pprof at addr until the program ends; "" means
// not at all. Whoever reaches it learns much, so it is for private addresses.
func servePprof(addr string) error {
	if addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go http.Serve(l, nil)
	return nil
}
