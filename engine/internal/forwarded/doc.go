// Package forwarded reads the headers in which proxies say whose request they
// pass on: X-Forwarded-For, and Forwarded of RFC 7239. It does no I/O.
//
// Each proxy appends where it has a request from, so that what an honest one
// has written is at the end, and what comes before may be anybody's. Lists are
// therefore cut from the end: nothing that a client has written, be it an open
// quote, changes what is read behind it.
package forwarded
