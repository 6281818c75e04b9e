package document

import (
	"bytes"
	"image"
	"path/filepath"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Masks and scribbles from and to files. Reading and writing is slow: it is done with values on any goroutine, and take
// applies the result to the document.

// MaskReader reads the mask from a picture, resized to the document: white is repainted, or, in a picture with transparent parts, the opaque parts.
func (d *Document) MaskReader(path string) func() (take func(), err error) {
	if d.Picture == nil {
		return func() (func(), error) {
			return nil, fault.NeedsInput.Errorf("there is no picture to mask yet: open or generate one first")
		}
	}
	size := d.Mask.Rect.Size()
	return func() (func(), error) {
		f, err := pixel.Open(path)
		if err != nil {
			return nil, err
		}
		mask := pixel.MaskOf(f.Picture)
		if pixel.Empty(mask, mask.Rect) {
			f.Notices = append(f.Notices, fault.Notice{Format: fault.EmptyMask, Args: []any{filepath.Base(path)}})
		}
		mask = pixel.ResizeMask(mask, size.X, size.Y)
		return func() {
			d.hooks.Noticed(f.Notices)
			if d.Mask != nil && d.Mask.Rect.Size() != size { // it was cropped meanwhile
				mask = pixel.ResizeMask(mask, d.Mask.Rect.Dx(), d.Mask.Rect.Dy())
			}
			d.SetMask("load mask", mask)
		}, nil
	}
}

// ScribbleReader reads the lines from a picture, resized to the document: its opaque parts or, in an opaque picture,
// light on dark or dark on light.
func (d *Document) ScribbleReader(path string) func() (take func(), err error) {
	size := d.Bounds().Size()
	return func() (func(), error) {
		img, err := pixel.Load(path)
		if err != nil {
			return nil, err
		}
		lines := pixel.ResizeMask(linesOf(img), size.X, size.Y)
		return func() {
			if now := d.Bounds().Size(); now != size {
				lines = pixel.ResizeMask(lines, now.X, now.Y)
			}
			d.SetScribble("load scribble", lines)
		}, nil
	}
}

// LoadMask is MaskReader at once.
func (d *Document) LoadMask(path string) error { return at(d.MaskReader(path)) }

// LoadScribble is ScribbleReader at once.
func (d *Document) LoadScribble(path string) error { return at(d.ScribbleReader(path)) }

func at(read func() (take func(), err error)) error {
	take, err := read()
	if err == nil {
		take()
	}
	return err
}

// MaskWriter writes the current mask as a greyscale PNG.
func (d *Document) MaskWriter(path string) func() error {
	mask := copied(d.Mask)
	return func() error {
		if mask == nil {
			return fault.NeedsInput.Errorf("there is no mask to save yet")
		}
		return pixel.Save(path, mask)
	}
}

// ScribbleWriter writes the current lines, white on black.
func (d *Document) ScribbleWriter(path string) func() error {
	var lines *image.Gray
	if d.Scribble != nil {
		lines = pixel.CropMask(d.Scribble, d.Bounds())
	}
	return func() error {
		if lines == nil || pixel.Empty(lines, lines.Rect) {
			return fault.NeedsInput.Errorf("there is no scribble to save yet: draw one with the brush")
		}
		return pixel.Save(path, lines)
	}
}

// reshaped is altered for operations that are slow with large masks: it computes in the background, and again if the
// mask was painted on meanwhile. If f returns nil, the mask stays as it is.
func (d *Document) reshaped(name string, f func(*image.Gray) *image.Gray) {
	d.inTurn(func() { d.reshape(name, f) })
}

func (d *Document) reshape(name string, f func(*image.Gray) *image.Gray) {
	if !d.ready() || !d.has("a mask", ringBytes) {
		return
	}
	was, serial := copied(d.Mask), d.Serial
	d.hooks.Beside(func() func() {
		out := f(was)
		return func() {
			switch {
			case d.Mask == nil || d.Serial != serial || out == nil:
			case d.Mask.Rect == was.Rect && bytes.Equal(d.Mask.Pix, was.Pix):
				d.SetMask(name, out)
			default:
				d.reshaped(name, f)
			}
		}
	})
}

// PictureReader decodes a picture; take places it with its corner at the point.
func (d *Document) PictureReader(data []byte, at image.Point) func() (take func(), err error) {
	return func() (func(), error) {
		img, err := pixel.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return func() { d.Place(img, at) }, nil
	}
}
