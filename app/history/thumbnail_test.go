package history

import (
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// A picture that was cut out lies on white in the list.
func TestThumbnailOfCutOut(t *testing.T) {
	img := cutOutSquare()
	h, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	id, err := h.Add(img, recipe.Recipe{Prompt: "a cut-out square"})
	if err != nil {
		t.Fatal(err)
	}
	small, err := h.Thumbnail(id, ThumbSide)
	if err != nil {
		t.Fatal(err)
	}
	onWhite(t, small)
}

// cutOutSquare is a dark square on a transparent ground.
func cutOutSquare() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 300, 300))
	for y := 100; y < 200; y++ {
		for x := 100; x < 200; x++ {
			img.SetRGBA(x, y, color.RGBA{10, 20, 30, 255})
		}
	}
	return img
}

func onWhite(t *testing.T, small *image.RGBA) {
	t.Helper()
	if c := small.RGBAAt(3, 3); c.R < 250 || c.G < 250 || c.B < 250 {
		t.Errorf("the ground is %v", c)
	}
	if c := small.RGBAAt(96, 96); c.R > 30 || c.G > 40 || c.B > 50 {
		t.Errorf("the drawing is %v", c)
	}
}

// An index of an earlier version has thumbnails on black and no column that tells versions apart: they are drawn again when
// they are asked for, once, and stay as they are where the picture is gone or opaque.
func TestThumbnailsOfEarlierVersions(t *testing.T) {
	folder := t.TempDir()
	h, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	opaque := pixel.Flatten(cutOutSquare(), image.White)
	var ids []int64
	for i, img := range []*image.RGBA{cutOutSquare(), cutOutSquare(), opaque} {
		id, err := h.Add(img, recipe.Recipe{Prompt: "a square", Seed: uint64(i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	black, err := pixel.JPEG(image.NewRGBA(image.Rect(0, 0, 8, 8)), 88)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.index.db.Exec(`ALTER TABLE picture DROP COLUMN drawn`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.index.db.Exec(`UPDATE picture SET thumb = ?`, black); err != nil {
		t.Fatal(err)
	}
	var gone string
	if err := h.index.db.QueryRow(`SELECT file FROM picture WHERE id = ?`, ids[1]).Scan(&gone); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.Close(), os.Remove(filepath.Join(folder, "pictures", gone))); err != nil {
		t.Fatal(err)
	}
	if h, err = Open(folder); err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	small, err := h.Thumbnail(ids[0], ThumbSide)
	if err != nil {
		t.Fatal(err)
	}
	onWhite(t, small)
	for _, id := range ids[1:] {
		if small, err := h.Thumbnail(id, ThumbSide); err != nil || small.Rect.Dx() != 8 {
			t.Errorf("a picture that is gone or opaque: %v", err)
		}
	}
	var old int
	if err := h.index.db.QueryRow(`SELECT count(*) FROM picture WHERE drawn < ?`, thumbVersion).Scan(&old); err != nil || old != 1 {
		t.Errorf("%d are of the earlier version, want the one without a picture; %v", old, err)
	}
}
