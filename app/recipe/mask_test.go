package recipe

import (
	"image"
	"testing"
)

// FuzzMask reads masks as recipes store them.
func FuzzMask(f *testing.F) {
	m := image.NewGray(image.Rect(0, 0, 9, 7))
	m.Pix[20] = 255
	var r Recipe
	if err := r.SetMask(m); err != nil {
		f.Fatal(err)
	}
	f.Add(r.Mask, r.MaskHash)
	f.Add(r.Mask, "")
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "")
	f.Fuzz(func(t *testing.T, data []byte, hash string) {
		m, err := Recipe{Mask: data, MaskHash: hash}.MaskPicture()
		if err == nil && m != nil && len(m.Pix) < m.Rect.Dx()*m.Rect.Dy() {
			t.Errorf("%v of %d bytes", m.Rect, len(m.Pix))
		}
	})
}
