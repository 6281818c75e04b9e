package command

import (
	"fmt"
	"image"
	"path/filepath"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// pictures loads --init, --mask and --depth and grows the canvas by --expand.
func (o *options) pictures(j *job) error {
	if o.depth != "" {
		f, err := j.load("--depth", o.depth)
		if err != nil {
			return err
		}
		j.request.Depth = pixel.Gray(f.Picture)
	}
	if o.initFile == "" {
		return nil
	}
	f, err := j.load("--init", o.initFile)
	if err != nil {
		return err
	}
	img := f.Picture
	j.mode, j.init, j.source = "image to image", img, f.Source
	mask, err := o.maskFile(j, img.Rect)
	if err != nil {
		return err
	}
	if o.expand != "" {
		if img, mask, err = o.grow(img, mask); err != nil {
			return err
		}
		j.mode, j.sourceAt = "outpaint", image.Pt(o.expandL, o.expandT)
	}
	used, err := o.usedMask(img.Rect.Size())
	if err != nil {
		return err
	}
	if used != nil {
		mask, j.mode = used, o.used.Mode
	}
	j.request.Mask = mask
	switch {
	case o.expand != "":
		j.request.Init = pixel.Fill(img, mask)
		if o.strength == 0 {
			j.request.Strength = 1
		}
	case used != nil && j.mode == "outpaint": // transparent parts, as the window does it
		j.request.Init = pixel.Fill(img, pixel.Transparent(img))
	default:
		j.request.Init = j.opaque(img)
	}
	if mask != nil {
		j.base, j.mask = img, mask
	}
	return nil
}

// load reads a picture that a flag names.
func (j *job) load(flag, path string) (*pixel.File, error) {
	f, err := pixel.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	j.notices = append(j.notices, f.Notices...)
	return f, nil
}

// loadPicture is one that is looked at only.
func loadPicture(flag, path string) (*image.RGBA, error) {
	img, err := pixel.Load(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return img, nil
}

// maskFile reads --mask, which has the picture's size; nil where there is none.
func (o *options) maskFile(j *job, size image.Rectangle) (*image.Gray, error) {
	if o.mask == "" {
		return nil, nil
	}
	f, err := j.load("--mask", o.mask)
	if err != nil {
		return nil, err
	}
	m := pixel.MaskOf(f.Picture)
	if m.Rect != size {
		return nil, fmt.Errorf("--mask is %dx%d and --init %dx%d: make the mask the picture's size", m.Rect.Dx(), m.Rect.Dy(), size.Dx(), size.Dy())
	}
	if pixel.Empty(m, m.Rect) {
		j.notices = append(j.notices, fault.Notice{Format: fault.EmptyMask, Args: []any{filepath.Base(o.mask)}})
	}
	j.mode = "inpaint"
	return m, nil
}

// opaque is a picture over white, as AUTOMATIC1111 lays one, where it has transparent parts: networks know none.
func (j *job) opaque(img *image.RGBA) *image.RGBA {
	if img.Opaque() {
		return img
	}
	j.notices = append(j.notices, fault.Notice{Format: "--init has transparent parts: they are taken as white."})
	return pixel.Flatten(img, image.White)
}

// grow adds --expand's margins, and to the mask the margins with a band of the
// picture beside them, so that no seam stands where it ended.
func (o *options) grow(img *image.RGBA, mask *image.Gray) (*image.RGBA, *image.Gray, error) {
	for _, v := range []int{o.expandL, o.expandT, o.expandR, o.expandB} {
		if v < 0 || v > pixel.MaxPixels {
			return nil, nil, wrong("--expand by %d px is not possible", v)
		}
	}
	at := image.Rect(-o.expandL, -o.expandT, img.Rect.Dx()+o.expandR, img.Rect.Dy()+o.expandB)
	if at.Dx() > pixel.MaxPixels/at.Dy() {
		return nil, nil, wrong("--expand leads to %d x %d pixels, more than %d megapixels: expand by less", at.Dx(), at.Dy(), pixel.MaxPixels/1_000_000)
	}
	out := pixel.Crop(img, at)
	inside := img.Rect.Add(image.Pt(o.expandL, o.expandT))
	grown := pixel.Invert(pixel.Rectangle(out.Rect, inside))
	grown = pixel.Grow(grown, max(8, min(img.Rect.Dx(), img.Rect.Dy())/8))
	if mask != nil {
		grown = pixel.Either(grown, pixel.CropMask(mask, at))
	}
	return out, grown, nil
}

// fit extends the picture, its mask and what belongs to it to sizes that divide by the model's multiple: a photograph
// has any size. What comes out is cut back to its own. With --size it is resized instead.
func (o *options) fit(j *job, multiple int) {
	q := &j.request
	if q.Init == nil || o.set["size"] {
		return
	}
	own := q.Init.Rect.Size()
	up := func(v int) int { return (v + multiple - 1) / multiple * multiple }
	w, h := up(own.X), up(own.Y)
	if again := q.Width != 0 || q.Height != 0; own == image.Pt(w, h) || again && (q.Width != w || q.Height != h) {
		return
	}
	q.Width, q.Height, j.own = w, h, own
	q.Init = pixel.Pad(q.Init, w, h)
	if q.Mask != nil {
		q.Mask = pixel.PadMask(q.Mask, w, h)
	}
	if q.Depth != nil && q.Depth.Rect.Size() == own {
		q.Depth = pixel.PadMask(q.Depth, w, h)
	}
	for i := range q.Control {
		if c := &q.Control[i]; c.Picture.Rect.Size() == own {
			c.Picture = pixel.Pad(c.Picture, w, h)
		}
	}
}

// finish cuts a made picture to what it was made for, and lays it over what --init had: outside the mask that stays
// byte for byte, in the file's own pixels.
func (j *job) finish(made *image.RGBA) image.Image {
	if j.own != (image.Point{}) { // some models enlarge
		size, q := made.Rect.Size(), j.request
		made = pixel.Crop(made, image.Rect(0, 0, j.own.X*size.X/q.Width, j.own.Y*size.Y/q.Height))
	}
	if j.base == nil {
		return made
	}
	made = pixel.Resize(made, j.base.Rect.Dx(), j.base.Rect.Dy())
	if j.match {
		made = pixel.Match(made, j.base, j.mask)
	}
	return j.source.Under(pixel.Paste(j.base, made, j.mask, j.feather), j.sourceAt)
}
