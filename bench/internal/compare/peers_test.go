package compare

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	found, err := Find([]string{"sockeye", "epoll", "sockeye"})
	if err != nil || len(found) != 3 || found[0].Name != "sockeye" || found[1].Name != "epoll" || found[2].Name != "sockeye" {
		t.Errorf("%v (%v)", found, err)
	}
	if found, err := Find([]string{"sockeye", "nobody"}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("%v (%v)", found, err)
	}
}

func TestRoot(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := Root(here)
	if err != nil || filepath.Join(root, "bench", "internal", "compare") != here {
		t.Errorf("%s is in %s (%v)", here, root, err)
	}
	for _, p := range Peers {
		if _, err := os.Stat(filepath.Join(root, p.Dir)); err != nil {
			t.Error(err)
		}
	}
	if root, err := Root("/"); err == nil {
		t.Errorf("found the project in %s", root)
	}
}

func TestBuildTellsWhatIsWrong(t *testing.T) {
	err := Build(context.Background(), "/", t.TempDir(), []Peer{{Name: "nothing", Dir: "tmp"}})
	if err == nil || !strings.Contains(err.Error(), "build nothing") {
		t.Error(err)
	}
}

func TestFiles(t *testing.T) {
	if one, two := (Peer{}).files(500), (Peer{Descriptors: 2}).files(500); one != 600 || two != 1100 {
		t.Errorf("%d and %d", one, two)
	}
}
