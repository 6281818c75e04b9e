package app

import (
	"encoding/json"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/job"
	"nirvana/app/project"
	"nirvana/engine/pixel"
)

const mypaint = "/usr/lib/mypaint" // where Debian's package has it

// TestMyPaint opens a project with MyPaint's own library, where that is installed, compares layers and pixels, and
// opens what MyPaint saves of it.
func TestMyPaint(t *testing.T) {
	if _, err := os.Stat(mypaint); err != nil {
		t.Skip("MyPaint is not installed: apt-get install mypaint")
	}
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
	out, err := exec.Command("/usr/bin/python3", "testdata/mypaint.py", mypaint, path, filepath.Join(dir, "out")).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
	}
	var told struct {
		X, Y   int // of what it shows: whole tiles of 64 px
		Layers []struct {
			Name    string
			Visible bool
			Opacity float32
		}
	}
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(told.Layers) != len(ours.Layers) {
		t.Fatalf("MyPaint sees %+v of %d layers", told, len(ours.Layers))
	}
	for i, l := range ours.Layers {
		if got := told.Layers[i]; got.Name != l.Name || got.Visible == l.Hidden || got.Opacity != l.Opacity {
			t.Errorf("layer %q (hidden %v) is %+v there", l.Name, l.Hidden, got)
		}
	}
	shown, err := pixel.Load(filepath.Join(dir, "out.png"))
	if err != nil {
		t.Fatal(err)
	}
	shown = pixel.Crop(shown, ours.Merged.Rect.Sub(image.Pt(told.X, told.Y)))
	if d := farthest(shown, ours.Merged); d > 1 {
		t.Errorf("MyPaint shows a channel %d of 255 away from ours", d)
	}

	// and back: what it saves has its paper below
	d := studioAt(t, filepath.Join(dir, "other"))
	if err := d.OpenProject(filepath.Join(dir, "out.ora"), false); err != nil {
		t.Fatal(err)
	}
	back, err := project.Read(disk.OS{}, filepath.Join(dir, "out.ora"))
	if err != nil {
		t.Fatal(err)
	}
	if n := farthest(d.Document.Picture, back.Merged); n > 1 {
		t.Errorf("what MyPaint saved is shown %d of 255 away from its own picture", n)
	}
	picture := ours.Layers[len(ours.Layers)-1]
	mask := pixel.CropMask(d.Document.Mask, c.Document.Mask.Rect.Add(picture.At).Sub(image.Pt(told.X, told.Y)))
	if n := farthest(job.Drawing(mask), job.Drawing(c.Document.Mask)); n > 1 {
		t.Errorf("the mask came back %d of 255 away", n)
	}
}

// farthest is the greatest difference of a channel, 255 where the sizes differ.
func farthest(a, b *image.RGBA) (most int) {
	if a == nil || b == nil || a.Rect.Size() != b.Rect.Size() {
		return 255
	}
	for i := range a.Pix {
		most = max(most, int(a.Pix[i])-int(b.Pix[i]), int(b.Pix[i])-int(a.Pix[i]))
	}
	return most
}
