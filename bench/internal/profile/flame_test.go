package profile

import (
	"os"
	"regexp"
	"strings"
	"testing"

	pprof "github.com/google/pprof/profile"
)

func TestWrite(t *testing.T) {
	p := made(sample{"codec.Decode,main.main", 70}, sample{"main.main", 30})
	files, err := Write(p, t.TempDir(), "cpu")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	back, err := pprof.ParseData(raw)
	if err != nil || Total(back) != 100 {
		t.Errorf("wrote %v (%v)", back, err)
	}
	page, err := os.ReadFile(files[1])
	if err != nil || !strings.Contains(string(page), "codec.Decode") {
		t.Errorf("a page of %d bytes without the function (%v)", len(page), err)
	}
}

func TestFlameGraphNeedsNothingElse(t *testing.T) {
	page, err := FlameGraph(made(sample{"main.main", 1}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), withoutServer) {
		t.Error("the links to pprof's server are not hidden")
	}
	if loads := regexp.MustCompile(`<(script|img|iframe)[^>]* src=|<link|@import|url\(["']?http`).Find(page); loads != nil {
		t.Errorf("the page loads something: %s", loads)
	}
}
