package peer

import (
	"bufio"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// That a peer starts and ends as it should is tested with each of them, in the
// folder bench.
func TestCollectWhenAsked(t *testing.T) {
	asked := make(chan os.Signal)
	in, out := io.Pipe()
	go func() {
		collectWhenAsked(asked, out)
		out.Close()
	}()
	lines := bufio.NewScanner(in)
	for range 2 {
		asked <- unix.SIGUSR1
		if !lines.Scan() || lines.Text() != Collected {
			t.Fatalf("wrote %q", lines.Text())
		}
	}
	close(asked)
	if lines.Scan() {
		t.Errorf("wrote %q though nobody asked", lines.Text())
	}
}
