package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/onnx/graphcache"
)

// The cached networks' size is told, they are cleared, and other words are refused.
func TestCacheCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "graphs")
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"main.onnx": 3_000_000, graphcache.Complete: 2} {
		if err := os.WriteFile(filepath.Join(dir, "a", name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args, want string
		code       int
	}{{"", "3 MB of at most", Done}, {"--clear", "3 MB freed", Done}, {"", "0 MB of at most", Done}, {"now", "cache [--limit GB] [--clear]", WrongUsage},
		{"--limit 7.5", "0 MB of at most 7500 MB", Done}, {"", "of at most 7500 MB", Done}, {"--limit -1", "--limit GB", WrongUsage}, {"--limit much", "--limit GB", WrongUsage}} {
		var out bytes.Buffer
		args := append([]string{"models", "cache"}, strings.Fields(c.args)...)
		if code := Run(context.Background(), Env{Out: &out, Err: &out, Graphs: graphcache.Folder(dir)}, args); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q ends with %d: %s", c.args, code, out.String())
		}
	}
}
