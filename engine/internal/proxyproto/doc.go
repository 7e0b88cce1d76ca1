// Package proxyproto reads the header of the PROXY protocol, by which a proxy
// says at the beginning of a connection whose it is: versions 1 and 2, as
// HAProxy's proxy-protocol.txt specifies them in sections 2.1 and 2.2. It does no
// I/O.
package proxyproto
