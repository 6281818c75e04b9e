// Package kritatest has Debian's Krita read and write files for tests.
package kritatest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// home is Krita's folder for its settings, which `make krita` names: it is kept from run to run, since Krita fills a
// new one for a minute.
func home() string { return os.Getenv("NIRVANA_KRITA") }

// Asked reports whether `make krita` runs the test.
func Asked() bool { return home() != "" }

// Need skips a test unless `make krita` runs it: Krita takes seconds to start, for each file.
func Need(t *testing.T) {
	t.Helper()
	if !Asked() {
		t.Skip("make krita runs it: Krita takes seconds to start, for each file")
	}
}

// Export has Krita open a file and write it into the same folder under another name, whose ending is the format.
func Export(t *testing.T, path, name string) string {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	dir := home()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(path), name)
	run := exec.CommandContext(limited, "xvfb-run", "-a", "krita", "--nosplash", "--export", "--export-filename", out, path)
	run.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CACHE_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "LIBGL_ALWAYS_SOFTWARE=1")
	run.WaitDelay = 5 * time.Second
	said, err := run.CombinedOutput()
	if _, gone := os.Stat(out); err != nil || gone != nil {
		t.Fatalf("krita: %v: %s", err, said)
	}
	return out
}

// Apart compares the channels of two pictures: how far the farthest is away, and how many are not the same.
func Apart(a, b []uint8) (worst, count int) {
	if len(a) != len(b) {
		return 255, max(len(a), len(b))
	}
	for i, v := range a {
		d := int(v) - int(b[i])
		if d != 0 {
			worst, count = max(worst, d, -d), count+1
		}
	}
	return worst, count
}
