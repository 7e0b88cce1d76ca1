package sockeye_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/sockeye-ws/sockeye/engine"
)

const module = "github.com/sockeye-ws/sockeye"

// mayImport names every package of the root module and the packages of ours
// that it may import, its tests included. A new package needs a line here.
var mayImport = map[string][]string{
	".":                          {"engine"},
	"pool":                       {},
	"internal/malformed":         {},
	"codec/internal/deflate":     {},
	"codec/internal/inflate":     {},
	"codec":                      {"pool", "codec/internal/deflate", "codec/internal/inflate"},
	"handshake":                  {"pool"},
	"engine/internal/loop":       {"pool"},
	"engine/internal/sim":        {"engine/internal/loop"},
	"engine/internal/proxyproto": {},
	"engine/internal/forwarded":  {},
	"engine/listen":              {},
	"engine":                     {"pool", "codec", "handshake", "engine/internal/loop", "engine/internal/proxyproto", "engine/internal/forwarded"},
}

// testsMayImport names what only tests may import beyond that: the simulated
// system and the malformed inputs are not part of a program.
var testsMayImport = map[string][]string{
	"codec":                {"internal/malformed"},
	"handshake":            {"internal/malformed"},
	"engine/internal/loop": {"engine/internal/sim"},
	"engine":               {"engine/internal/sim", "internal/malformed"},
}

// mayRequire names the modules that a service inherits by importing the
// engine, directly or not.
var mayRequire = []string{
	"github.com/gobwas/ws",
	"github.com/gobwas/httphead",
	"github.com/gobwas/pool", // of gobwas/ws
	"github.com/valyala/bytebufferpool",
	"golang.org/x/sys",
}

// tooVague are names under which anything could be put.
var tooVague = []string{"util", "utils", "common", "helper", "helpers", "pkg", "misc"}

func TestWhoImportsWhom(t *testing.T) {
	for dir, imports := range ourImports(t) {
		allowed, known := mayImport[dir]
		if !known {
			t.Errorf("package %s: say in mayImport what it may import", dir)
		}
		for file, imported := range imports {
			ofTest := strings.HasSuffix(file, "_test.go")
			for _, p := range imported {
				ok := p == dir || slices.Contains(allowed, p) || ofTest && slices.Contains(testsMayImport[dir], p)
				if !ok {
					t.Errorf("%s imports %s", file, p)
				}
			}
		}
	}
}

func TestPackageNames(t *testing.T) {
	for dir := range ourImports(t) {
		for name := range strings.SplitSeq(dir, "/") {
			if slices.Contains(tooVague, name) {
				t.Errorf("%s: a package's name should say what is in it", dir)
			}
		}
	}
}

func TestRequiredModules(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct{ Require []struct{ Path string } }
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !slices.Contains(mayRequire, r.Path) {
			t.Errorf("go.mod requires %s, which every user would inherit", r.Path)
		}
	}
}

// ARCHITECTURE.md accounts for every byte of a connection.
func TestConnectionSize(t *testing.T) {
	if size := unsafe.Sizeof(engine.Conn{}); unsafe.Sizeof(uintptr(0)) == 8 && size != 96 {
		t.Errorf("engine.Conn has %d bytes, not 96: is it worth it? Then say so in ARCHITECTURE.md", size)
	}
}

var mentionedFile = regexp.MustCompile(`[\w./]*\w\.go\b`)

func TestArchitectureNamesFilesThatExist(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for dir, files := range ourImports(t) {
		for file := range files {
			exists[file], exists[filepath.Base(file)] = true, true
			exists[path.Join(path.Base(dir), path.Base(file))] = true
		}
	}
	for _, file := range mentionedFile.FindAllString(string(text), -1) {
		if !exists[file] {
			t.Errorf("there is no %s", file)
		}
	}
}

// ourImports gives, for each directory of this module with Go files, the
// packages of this module that each of them imports.
func ourImports(t *testing.T) map[string]map[string][]string {
	t.Helper()
	found := map[string]map[string][]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipUnlessOurs(file)
		}
		if path.Ext(file) != ".go" {
			return nil
		}
		dir := filepath.Dir(file)
		if found[dir] == nil {
			found[dir] = map[string][]string{}
		}
		found[dir][file], err = importsOf(file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 2 {
		t.Fatal("found no packages: run this test in the module's root")
	}
	return found
}

// skipUnlessOurs skips hidden directories, test data and nested modules.
func skipUnlessOurs(dir string) error {
	if dir == "." {
		return nil
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	if err == nil || strings.HasPrefix(filepath.Base(dir), ".") || filepath.Base(dir) == "testdata" {
		return filepath.SkipDir
	}
	return nil
}

func importsOf(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var ours []string
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if p == module {
			ours = append(ours, ".")
		} else if rest, ok := strings.CutPrefix(p, module+"/"); ok {
			ours = append(ours, rest)
		}
	}
	return ours, nil
}
