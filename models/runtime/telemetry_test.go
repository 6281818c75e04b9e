package runtime

import (
	"os"
	"path/filepath"
	"testing"
)

// What the library left for its reports goes, with the folders that only held it; what others keep there stays.
func TestRemoveReports(t *testing.T) {
	for name, others := range map[string][]string{"alone": nil, "beside others": {"deviceid", ".onnxruntime/settings.json"}} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			t.Setenv("XDG_CACHE_HOME", cache)
			t.Setenv("HOME", t.TempDir())
			tools := filepath.Join(cache, "Microsoft", "DeveloperTools")
			files := append([]string{"deviceid.tmp.48d50b80"}, left...)
			for _, file := range files {
				put(t, filepath.Join(tools, ".onnxruntime", file))
			}
			for _, file := range others {
				put(t, filepath.Join(tools, filepath.FromSlash(file)))
			}
			RemoveReports()
			for _, file := range files {
				if _, err := os.Stat(filepath.Join(tools, ".onnxruntime", file)); err == nil {
					t.Errorf("%s is still there", file)
				}
			}
			for _, file := range others {
				if _, err := os.Stat(filepath.Join(tools, filepath.FromSlash(file))); err != nil {
					t.Errorf("%s of another program is gone", file)
				}
			}
			if _, err := os.Stat(filepath.Join(cache, "Microsoft")); (err == nil) != (others != nil) {
				t.Errorf("the folder around: %v", err)
			}
		})
	}
}

// A link in the folder's place is not gone through.
func TestRemoveReportsKeepsLinks(t *testing.T) {
	cache, elsewhere := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", t.TempDir())
	put(t, filepath.Join(elsewhere, "deviceid"))
	if err := os.MkdirAll(filepath.Join(cache, "Microsoft", "DeveloperTools"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(cache, "Microsoft", "DeveloperTools", ".onnxruntime")); err != nil {
		t.Skip("no links here: ", err)
	}
	RemoveReports()
	if _, err := os.Stat(filepath.Join(elsewhere, "deviceid")); err != nil {
		t.Error("a file behind a link is gone")
	}
}

func TestQuiet(t *testing.T) {
	t.Setenv(QuietVariable, "0")
	Quiet()
	if os.Getenv(QuietVariable) != "1" {
		t.Error("it is not set")
	}
}
