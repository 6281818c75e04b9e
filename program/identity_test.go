package program

import (
	"os"
	"strings"
	"testing"
)

// manifest stands for FyneApp.toml where the scripts run, away from the source tree.
const manifest = "[Details]\nID = \"test.nirvana\"\nName = \"Nirvana\"\nVersion = \"9.8.7\"\nBuild = 3\n"

func TestIdentity(t *testing.T) {
	id, err := readIdentity([]byte(manifest))
	if err != nil || id != (identity{"test.nirvana", "Nirvana", "9.8.7", 3}) {
		t.Errorf("%+v, %v", id, err)
	}
	ours, err := os.ReadFile("FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	if id, err := readIdentity(ours); err != nil || id.Name != "Nirvana" || strings.Count(id.Version, ".") != 2 {
		t.Errorf("FyneApp.toml says %+v, %v", id, err)
	}
	for _, broken := range []string{"", "[Details", "[Details]\nID = \"a\"\nName = \"b\"\n"} {
		if _, err := readIdentity([]byte(broken)); err == nil {
			t.Errorf("%q was taken", broken)
		}
	}
}
