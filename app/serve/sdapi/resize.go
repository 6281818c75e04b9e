package sdapi

import (
	"image"
	"image/draw"

	"nirvana/engine/pixel"
)

// resized resizes a picture and its mask by AUTOMATIC1111's resize modes: 0 and 3 stretch, 1 covers and crops, 2 fits
// and fills the borders with the edge's colours. A nil mask stays nil.
func resized(img *image.RGBA, mask *image.Gray, w, h, mode int) (*image.RGBA, *image.Gray) {
	own := img.Rect.Size()
	if own == image.Pt(w, h) {
		return img, mask
	}
	to := image.Pt(w, h)
	if wide := own.X*h > own.Y*w; mode == 1 && wide || mode == 2 && !wide {
		to.X = max(1, (own.X*h+own.Y/2)/own.Y)
	} else if mode == 1 || mode == 2 {
		to.Y = max(1, (own.Y*w+own.X/2)/own.X)
	}
	to.X, to.Y = min(to.X, 1<<14), min(to.Y, 1<<14) // of a very thin picture
	img = pixel.Resize(img, to.X, to.Y)
	if mask != nil {
		mask = pixel.ResizeMask(mask, to.X, to.Y)
	}
	if to == image.Pt(w, h) {
		return img, mask
	}
	at := image.Rect(0, 0, w, h).Add(image.Pt((to.X-w)/2, (to.Y-h)/2))
	whole := pixel.Crop(img, at)
	if mask != nil {
		mask = pixel.CropMask(mask, at)
	}
	if mode == 2 {
		holes := image.NewGray(whole.Rect)
		draw.Draw(holes, holes.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(holes, img.Rect.Sub(at.Min), image.Black, image.Point{}, draw.Src)
		whole = pixel.Fill(whole, holes)
	}
	return whole, mask
}
