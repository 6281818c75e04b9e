package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"

	"nirvana/app"
)

// Thumbnails in memory are bounded in bytes, however many pictures a day brings; those just looked at stay.
func TestThumbnailsAreBounded(t *testing.T) {
	h := window(t, Options{}).history
	for id := range int64(5000) {
		h.hold(id, image.NewRGBA(image.Rect(0, 0, 192, 96+int(id)%96)))
		if h.held(id) == nil || id > 20 && h.held(id-20) == nil {
			t.Fatalf("after %d pictures the newest are not held", id)
		}
	}
	held := 0
	for _, generation := range []map[int64]image.Image{h.thumbs, h.older} {
		for _, img := range generation {
			held += len(img.(*image.RGBA).Pix)
		}
	}
	if held > 2*historyBytes || held < historyBytes/2 {
		t.Errorf("%d bytes of thumbnails are held, bound %d", held, 2*historyBytes)
	}
}

// The ring of the keyboard's place goes with the focus.
func TestRingGoesWithTheFocus(t *testing.T) {
	w := window(t, Options{})
	h := w.history
	h.ids = []int64{1}
	h.pages = map[int][]app.Entry{0: {{ID: 1}}}
	cell := h.list.CreateItem().(*fyne.Container)
	ring := func() bool {
		h.fill(0, cell)
		return cell.Objects[0].(*thumb).ring.StrokeColor == accent
	}
	h.list.UpdateItem = func(i int, _ fyne.CanvasObject) { h.fill(i, cell) }
	w.win.Canvas().Focus(h.list)
	if !ring() {
		t.Error("no ring with the focus")
	}
	h.list.Resize(fyne.NewSize(300, 300))
	w.win.Canvas().Unfocus()
	if cell.Objects[0].(*thumb).ring.StrokeColor == accent {
		t.Error("the ring stays when the focus leaves")
	}
}
