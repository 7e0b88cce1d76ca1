package main

import (
	"time"

	"github.com/sockeye-ws/sockeye/bench/internal/result"
	"github.com/sockeye-ws/sockeye/bench/internal/watch"
)

// millionReport is the outcome of c1m, as JSON has it.
type millionReport struct {
	Machine  string `json:"machine"`
	Conns    int    `json:"conns"`    // asked for
	Patience int    `json:"patience"` // factor of all time limits

	Opened       int            `json:"opened"`
	DialTime     time.Duration  `json:"dial_ns"`
	Echo         result.Outcome `json:"echo"`
	Held         int            `json:"held"` // after the echoes, and some time without any
	Lost         int            `json:"lost"`
	Server       millionServer  `json:"server"`
	Kernel       millionKernel  `json:"kernel"`
	Broadcast    result.Outcome `json:"broadcast"`
	Closed       int            `json:"closed"` // by the server's end
	ShutdownTime time.Duration  `json:"shutdown_ns"`

	Errors map[string]int `json:"errors,omitempty"` // by kind
	Failed []string       `json:"failed,omitempty"` // checks that did not hold
}

// millionServer is what the connections cost the server.
type millionServer struct {
	PerConn int64          `json:"rss_per_connection_bytes"`
	Peak    int64          `json:"peak_rss_bytes"` // until all were idle
	Before  watch.Snapshot `json:"before"`         // without connections
	After   watch.Snapshot `json:"after"`          // all of them idle
}

// millionKernel is what they cost the kernel, for both ends together.
type millionKernel struct {
	PerConn int64 `json:"per_connection_bytes"`
	Before  int64 `json:"before_bytes"`
	After   int64 `json:"after_bytes"`
}
