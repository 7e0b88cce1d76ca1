package main

import (
	"flag"
	"fmt"

	"github.com/sockeye-ws/sockeye/engine"
)

// compressionFlags declares whether and how to compress. What they say ends up
// in the options only if -compress is among them.
func compressionFlags(o *engine.Options) {
	c := new(engine.Compression)
	flag.BoolFunc("compress", "compress messages (permessage-deflate), each alone, or with -compress=takeover by those before as well", func(mode string) error {
		switch mode {
		case "true":
		case "takeover":
			c.ContextTakeover = true
		default:
			return fmt.Errorf("%q: want -compress or -compress=takeover", mode)
		}
		o.Compression = c
		return nil
	})
	flag.IntVar(&c.Level, "compress-level", engine.DefaultCompressionLevel, "from 1, fastest, to 9, smallest")
	flag.IntVar(&c.MinSize, "compress-min", 0, "size in `bytes` from which messages are compressed (default: 512, with takeover 64)")
	flag.IntVar(&c.WindowBits, "compress-window", 15, "how far back messages refer, in `bits`: 8 to 15")
	flag.Int64Var(&c.MaxContextMemory, "compress-memory", engine.DefaultMaxContextMemory, "limit in `bytes` of what -compress=takeover holds for all connections")
}
