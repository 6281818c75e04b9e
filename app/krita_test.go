package app

import (
	"path/filepath"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/project"
	"nirvana/app/project/kritatest"
	"nirvana/engine/pixel"
)

// TestKrita has Krita, where it is installed, show a project and save it again: the pixels are ours, and layers come
// back with names, places and visibility.
func TestKrita(t *testing.T) {
	kritatest.Need(t)
	dir := t.TempDir()
	c := painted(t)
	path := filepath.Join(dir, "p.ora")
	if err := c.save(path); err != nil {
		t.Fatal(err)
	}
	ours, err := project.Read(disk.OS{}, path)
	if err != nil {
		t.Fatal(err)
	}
	export := func(name string) string { return kritatest.Export(t, path, name) }
	shown, err := pixel.Load(export("out.png"))
	if err != nil {
		t.Fatal(err)
	}
	if d := farthest(shown, ours.Merged); d > 0 {
		t.Errorf("Krita shows a channel %d of 255 away from ours", d)
	}
	back, err := project.Read(disk.OS{}, export("out.ora"))
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Layers) != len(ours.Layers) {
		t.Fatalf("%d layers came back of %d", len(back.Layers), len(ours.Layers))
	}
	for i, l := range ours.Layers {
		if got := back.Layers[i]; got.Name != l.Name || got.Hidden != l.Hidden || got.Opacity != l.Opacity {
			t.Errorf("layer %q (hidden %v, opacity %v) came back as %q, %v, %v", l.Name, l.Hidden, l.Opacity, got.Name, got.Hidden, got.Opacity)
		}
	}
	d := studioAt(t, filepath.Join(dir, "other"))
	if err := d.OpenProject(filepath.Join(dir, "out.ora"), false); err != nil {
		t.Fatal(err)
	}
	if n := farthest(d.Document.Picture, back.Merged); n > 0 {
		t.Errorf("what Krita saved is shown %d of 255 away from its own picture", n)
	}
}
