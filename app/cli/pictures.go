package cli

import (
	"fmt"
	"image"
	"path/filepath"

	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
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
	for _, path := range o.references {
		img, err := loadPicture("--reference", path)
		if err != nil {
			return err
		}
		j.request.References = append(j.request.References, img)
	}
	if o.initFile == "" {
		return nil
	}
	f, err := j.load("--init", o.initFile)
	if err != nil {
		return err
	}
	img := f.Picture
	j.mode, j.init, j.source = task.ImageToImage, img, f.Source
	if o.enlarges() {
		if o.used.Interpolates() {
			j.init = pixel.Flatten(img, image.White)
		}
		return nil
	}
	mask, err := o.maskFile(j, img.Rect)
	if err != nil {
		return err
	}
	var holes *image.Gray
	if o.expand != "" {
		if img, mask, holes, err = o.grow(img, mask); err != nil {
			return err
		}
		j.mode, j.sourceAt = task.Outpaint, image.Pt(o.expandL, o.expandT)
	}
	used, err := o.usedMask(img.Rect.Size())
	if err != nil {
		return err
	}
	if used != nil && holes == nil {
		j.mode, _ = task.ModeNamed(o.used.Mode)
		mask, holes = used, pixel.Transparent(img) // as the window does for an outpaint
	}
	if j.request.Strength == 0 {
		j.request.Strength = task.UsualStrength(j.mode, j.request.Steps)
	}
	j.Ground = task.Prepare(j.mode, img, mask, holes, task.Overlap, j.Ground)
	if used != nil { // the recipe's mask, which includes the overlap
		j.Mask = used
	}
	if j.mode != task.Outpaint {
		j.Init = j.opaque(img)
	}
	j.request.Init, j.request.Mask = j.Init, j.Mask
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

// loadPicture loads a picture that is only an input.
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
	j.mode = task.Inpaint
	return m, nil
}

// opaque composites a picture with transparent parts over white, as AUTOMATIC1111 does, because networks take no opacity.
func (j *job) opaque(img *image.RGBA) *image.RGBA {
	if img.Opaque() {
		return img
	}
	j.notices = append(j.notices, fault.Notice{Format: "--init has transparent parts: they are taken as white."})
	return pixel.Flatten(img, image.White)
}

// grow adds --expand's margins to the picture and its mask, and returns where they are.
func (o *options) grow(img *image.RGBA, mask *image.Gray) (grown *image.RGBA, own, margins *image.Gray, err error) {
	for _, v := range []int{o.expandL, o.expandT, o.expandR, o.expandB} {
		if v < 0 || v > pixel.MaxPixels {
			return nil, nil, nil, wrong("--expand by %d px is not possible", v)
		}
	}
	at := image.Rect(-o.expandL, -o.expandT, img.Rect.Dx()+o.expandR, img.Rect.Dy()+o.expandB)
	if at.Dx() > pixel.MaxPixels/at.Dy() {
		return nil, nil, nil, wrong("--expand leads to %d x %d pixels, more than %d megapixels: expand by less", at.Dx(), at.Dy(), pixel.MaxPixels/1_000_000)
	}
	if err := memory.Pixels("the expanded picture", at.Size(), 4+3); err != nil {
		return nil, nil, nil, err
	}
	grown = pixel.Crop(img, at)
	margins = pixel.Invert(pixel.Rectangle(grown.Rect, img.Rect.Add(image.Pt(o.expandL, o.expandT))))
	if mask != nil {
		own = pixel.CropMask(mask, at)
	}
	return grown, own, margins, nil
}

// fit pads the picture, its mask and its control pictures to multiples of the model's size step, since a photograph has
// any size. The result is cropped to the original size. With --size it is resized instead.
func (o *options) fit(j *job, multiple int) {
	q := &j.request
	if q.Init == nil || o.set["size"] || q.Tiling != "" { // opposite edges would not match after padding and cropping
		return
	}
	if q.Width == 0 && q.Height == 0 {
		j.own = task.Fit(q, multiple)
		return
	}
	again := engine.Request{Init: q.Init} // a recipe has the padded size
	if task.Fit(&again, multiple) != (image.Point{}) && again.Width == q.Width && again.Height == q.Height {
		q.Width, q.Height = 0, 0
		j.own = task.Fit(q, multiple)
	}
}

// finish crops a result to the original size and composites it over --init: outside the mask, the file's own pixels stay
// byte for byte.
func (j *job) finish(made *image.RGBA) image.Image {
	made = task.Cut(made, j.own, j.request)
	if j.Mask == nil {
		return made
	}
	ground := j.Ground
	ground.Mask = task.Laid(j.Mask, j.request.Changes)
	whole, _, _ := ground.Lay(made, j.Base.Rect.Size())
	return j.source.Under(whole, j.sourceAt)
}
