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

// Need skips a test unless `make krita` runs it: Krita takes seconds to start, for each file.
func Need(t *testing.T) {
	t.Helper()
	if os.Getenv("NIRVANA_KRITA") == "" {
		t.Skip("make krita runs it: Krita takes seconds to start, for each file")
	}
}

// Export has Krita open a file and write it into the same folder under another name, whose ending is the format.
func Export(t *testing.T, path, name string) string {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dir := filepath.Dir(path)
	out := filepath.Join(dir, name)
	run := exec.CommandContext(limited, "xvfb-run", "-a", "krita", "--nosplash", "--export", "--export-filename", out, path)
	run.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CACHE_HOME="+dir, "LIBGL_ALWAYS_SOFTWARE=1")
	run.WaitDelay = 5 * time.Second
	said, err := run.CombinedOutput()
	if _, gone := os.Stat(out); err != nil || gone != nil {
		t.Fatalf("krita: %v: %s", err, said)
	}
	return out
}
