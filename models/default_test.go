package models

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shipped are the folders that come with the program; together they stay within 80 MB.
var shipped = []string{"nirvana", "ddpm"}

const shippedLimit = 80_000_000

func TestShippedFoldersAreWhole(t *testing.T) {
	total := int64(0)
	for _, dir := range shipped {
		if _, err := os.Stat(dir); os.IsNotExist(err) && dir != "nirvana" {
			continue
		}
		for _, wrong := range Check(dir) {
			t.Errorf("%s: %s", dir, wrong)
		}
		sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		listed := map[string]bool{}
		for line := range strings.Lines(string(sums)) {
			_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			listed[name] = true
		}
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			total += info.Size()
			name, _ := filepath.Rel(dir, path)
			if name = filepath.ToSlash(name); name != "SHA256SUMS" && !listed[name] {
				t.Errorf("%s: SHA256SUMS does not list %s", dir, name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if total > shippedLimit {
		t.Errorf("the shipped folders take %d bytes together, more than %d", total, shippedLimit)
	}
}
