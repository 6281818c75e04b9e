package recipe

import "image"

// FrameIn returns where in a picture the run drew; false if the recipe does not say, or the frame is not within the
// picture.
func (r Recipe) FrameIn(picture image.Rectangle) (image.Rectangle, bool) {
	if len(r.Frame) != 4 {
		return image.Rectangle{}, false
	}
	f := image.Rect(0, 0, r.Frame[2], r.Frame[3]).Add(image.Pt(r.Frame[0], r.Frame[1]))
	return f, !f.Empty() && f.In(picture)
}
