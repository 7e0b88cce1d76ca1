// Package faults tests the built echo server while the system fails it: system
// calls that return errors, by strace's fault injection, and peers that reset,
// stop, stall or vanish. It is all tests: run them with make faults, on Linux,
// as root. They need strace, nft and ip.
//
// After each fault: the server has not crashed, hangs nowhere, and has given
// back descriptors and goroutines; and every connection that was not hit itself
// has had all its messages answered, in order and to the byte.
//
// The server under test is the one the variable ECHO names. With FULL=1 more
// cases are tried.
package faults
