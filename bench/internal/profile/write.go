package profile

import (
	"bytes"
	"os"
	"path/filepath"

	pprof "github.com/google/pprof/profile"
)

// Write writes a profile to dir, which must exist, as NAME.pb.gz for go tool
// pprof and as a flame graph, NAME.html. It gives the paths of both.
func Write(p *pprof.Profile, dir, name string) (files []string, err error) {
	var raw bytes.Buffer
	if err := p.Write(&raw); err != nil {
		return nil, err
	}
	page, err := FlameGraph(p)
	if err != nil {
		return nil, err
	}
	files = []string{filepath.Join(dir, name+".pb.gz"), filepath.Join(dir, name+".html")}
	for i, content := range [][]byte{raw.Bytes(), page} {
		if err := os.WriteFile(files[i], content, 0o644); err != nil {
			return nil, err
		}
	}
	return files, nil
}
