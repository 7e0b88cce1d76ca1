// Package e2e tests the built echo server against WebSocket clients that
// others wrote (gorilla and coder in Go, ws in Node, Chromium), and our client
// against their servers. It is all tests: run them with make e2e.
//
// The server under test is the program examples/echo. It is built first,
// unless the variable ECHO names one. Node is found in PATH, Chromium through
// the variable CHROMIUM or in PATH, nginx and HAProxy in PATH or /usr/sbin.
package e2e
