package app

import (
	"image"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"nirvana/app/layers"
)

// Where the memory is short, keeping a candidate, opening, exporting and saving are refused in one line each, and picture, layers,
// candidates and files stay as they are; with memory again all of them work.
func TestWithoutMemory(t *testing.T) {
	dir := t.TempDir()
	c := studioAt(t, filepath.Join(dir, "a"))
	blocked(t, c.Document)
	saved, copied := filepath.Join(dir, "a.psd"), filepath.Join(dir, "b.psd")
	if err := c.Export(saved); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	picture, stack, steps := c.Document.Picture, c.Document.Stack(), c.steps()
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	c.Tray.Add(&Candidate{Picture: img, Frame: img.Rect.Add(image.Pt(40, 0)), Run: 1})
	limit := debug.SetMemoryLimit(1)
	defer debug.SetMemoryLimit(limit)
	short := func(what, said string) {
		t.Helper()
		if said = strings.ToLower(said); !strings.Contains(said, "mb") || !strings.Contains(said, "free") || strings.Contains(said, "\n") {
			t.Errorf("%s: it says %q", what, said)
		}
	}
	c.Tray.Keep()
	if n := c.Notice; n == nil || n.Headline != "Nothing was changed" || len(c.Tray.Candidates) != 1 {
		t.Fatalf("%+v, %d candidates", n, len(c.Tray.Candidates))
	}
	short("keeping", c.Notice.Advice)
	for _, path := range []string{saved, copied} {
		if err := c.Export(path); err == nil {
			t.Error("exported without memory")
		} else {
			short("exporting", c.Advice(err))
		}
	}
	if err := c.OpenPicture(saved); err == nil {
		t.Error("opened without memory")
	} else {
		short("opening", c.Advice(err))
	}
	if err := c.Document.Arrange("flatten", func(s *layers.Stack) (*layers.Stack, error) { return s.Flattened("all") }); err == nil {
		t.Error("flattened without memory")
	} else {
		short("flattening", c.Advice(err))
	}
	if now, _ := os.ReadFile(saved); string(now) != string(was) {
		t.Error("the file has changed")
	}
	if _, err := os.Stat(copied); err == nil {
		t.Error("half a file was written")
	}
	if c.Document.Picture != picture || c.Document.Stack() != stack || c.steps() != steps {
		t.Error("something has changed")
	}
	debug.SetMemoryLimit(limit)
	if c.Tray.Keep(); c.Document.Picture == picture || len(c.Tray.Candidates) != 0 {
		t.Error("it is not kept")
	}
	if err := c.OpenPicture(saved); err != nil {
		t.Error(err)
	}
}
