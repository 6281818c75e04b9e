package docs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Package app puts the rooms of the studio together. What has a state of its own is a package with its own tests.
func TestStudioIsAFacade(t *testing.T) {
	const most = 1500 // lines
	files, err := filepath.Glob("../app/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no sources", err)
	}
	lines := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines += bytes.Count(data, []byte("\n"))
	}
	if lines > most {
		t.Errorf("package app has %d lines, over %d: move what has a state of its own into a package (docs/architecture.md)", lines, most)
	}
}

// The table of rooms has each package once.
func TestRoomsOnce(t *testing.T) {
	page, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	rooms, _, found := strings.Cut(string(page), "\n## Who may import whom")
	if !found {
		t.Fatal("architecture.md has no table of rooms")
	}
	seen := map[string]bool{}
	for line := range strings.Lines(rooms) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || !strings.Contains(cells[1], "`") {
			continue
		}
		if seen[cells[1]] {
			t.Errorf("%s has two rows", cells[1])
		}
		seen[cells[1]] = true
	}
	if len(seen) < 30 {
		t.Errorf("only %d rooms were found", len(seen))
	}
}
