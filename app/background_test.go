package app

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"nirvana/engine/pixel"
)

// A thing on a plain ground is cut out in one undo step; a ground that cannot be told stays, with a word.
func TestRemoveBackground(t *testing.T) {
	c, err := openChild(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(20, 20, 44, 44), image.NewUniform(color.RGBA{0, 90, 200, 255}), image.Point{}, draw.Src)
	c.Document.Set(img)
	before := pixel.Packed(c.Document.Picture)
	c.RemoveBackground()
	if !c.until(func() bool { return c.Document.Picture.RGBAAt(2, 2).A == 0 }) {
		t.Fatalf("the ground is there: %+v", c.Notice)
	}
	if got := c.Document.Picture.RGBAAt(32, 32); got != (color.RGBA{0, 90, 200, 255}) {
		t.Error("the thing is", got)
	}
	c.Undo()
	if got := c.Document.Picture.RGBAAt(2, 2); got != before.RGBAAt(2, 2) {
		t.Error("undo gives", got)
	}

	img = image.NewRGBA(img.Rect)
	for i := range img.Pix {
		img.Pix[i] = uint8(i*41) | 255*uint8(i%4/3)
	}
	c.Document.Set(img)
	c.Notice = nil
	c.RemoveBackground()
	if !c.until(func() bool { return c.Notice != nil }) || c.Document.Picture.RGBAAt(2, 2).A != 255 {
		t.Error("a ground that is not plain was removed without a word")
	}
}
