package ui

import (
	"image"
	"testing"
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
