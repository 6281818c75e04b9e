package psd

import (
	"encoding/binary"
	"fmt"
	"image"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/plane"
)

// pixels reads a layer's channels.
func (r *reader) pixels(s *source, rec *record) error {
	size := rec.rect.Size()
	if rec.rect.Empty() {
		size = image.Point{}
	}
	const far = 1 << 20
	if size.X > 10*maxSide || size.Y > 10*maxSide || size.X*size.Y > pixel.MaxPixels || !rec.rect.In(image.Rect(-far, -far, far, far)) && size != (image.Point{}) {
		return fault.TooLarge.Errorf("layer %q has %d x %d pixels: make it smaller first", rec.layer.Name, size.X, size.Y)
	}
	if err := r.budget.Spend(8 * int64(size.X) * int64(size.Y)); err != nil {
		return err
	}
	if err := memory.Pixels(fmt.Sprintf("layer %q", rec.layer.Name), size, 10); err != nil {
		return err
	}
	img := image.NewNRGBA(image.Rectangle{Max: size})
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	var mask []byte
	for i, id := range rec.ids {
		data := &source{data: s.take(rec.lengths[i])}
		if s.failed {
			return damaged(fmt.Sprintf("layer %q", rec.layer.Name))
		}
		of := size
		if id == -2 {
			of = rec.mask.Size()
		}
		if of.X <= 0 || of.Y <= 0 || id < -2 {
			continue
		}
		if of.X > 10*maxSide || of.Y > 10*maxSide || of.X*of.Y > pixel.MaxPixels {
			return fault.TooLarge.Errorf("the mask of layer %q is too large", rec.layer.Name)
		}
		if err := r.budget.Spend(int64(of.X) * int64(of.Y)); err != nil {
			return err
		}
		if err := memory.Pixels(fmt.Sprintf("the mask of layer %q", rec.layer.Name), of, 2); err != nil {
			return err
		}
		plain, err := r.channel(data, of.X, of.Y, 1)
		if err != nil {
			return err
		}
		switch {
		case id == -2:
			mask = plain
		case id == -1:
			put(img, plain, 3)
		case r.grey && id == 0:
			put(img, plain, 0, 1, 2)
		case !r.grey && id < 3:
			put(img, plain, id)
		}
	}
	if mask != nil && !rec.noMask {
		masked(img, rec, mask)
	}
	if size != (image.Point{}) && rec.section == 0 {
		rec.layer.Pixels = plane.Of(img, rec.rect.Min)
	}
	return nil
}

func put(img *image.NRGBA, plain []byte, channels ...int) {
	for i, v := range plain {
		for _, c := range channels {
			img.Pix[4*i+c] = v
		}
	}
}

// masked multiplies a layer's opacity by its mask.
func masked(img *image.NRGBA, rec *record, mask []byte) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			v := rec.outside
			if p := image.Pt(x, y).Add(rec.rect.Min); p.In(rec.mask) {
				v = mask[(p.Y-rec.mask.Min.Y)*rec.mask.Dx()+p.X-rec.mask.Min.X]
			}
			a := &img.Pix[img.PixOffset(x, y)+3]
			*a = uint8((int(*a)*int(v) + 127) / 255)
		}
	}
}

// merged reads the merged picture.
func (r *reader) merged(s *source) error {
	f := r.file
	if len(s.data) < 2 {
		return damaged("its picture is missing")
	}
	if err := r.budget.Spend(int64(4+r.channels) * int64(f.Width) * int64(f.Height)); err != nil {
		return err
	}
	if err := memory.Pixels("its picture", image.Pt(f.Width, f.Height), 6+2*r.channels); err != nil {
		return err
	}
	plain, err := r.channel(s, f.Width, f.Height, r.channels)
	if err != nil {
		return err
	}
	size := f.Width * f.Height
	img := image.NewNRGBA(image.Rect(0, 0, f.Width, f.Height))
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	colours := 3
	if r.grey {
		colours = 1
		put(img, plain[:size], 0, 1, 2)
	} else if r.channels < 3 {
		return damaged("its colours")
	} else {
		for c := range 3 {
			put(img, plain[c*size:(c+1)*size], c)
		}
	}
	if r.channels > colours && f.Layers != nil { // without layers further channels are selections
		put(img, plain[colours*size:(colours+1)*size], 3)
		unblended(img)
	}
	f.Merged = img
	return nil
}

// unblended removes the white with which the merged picture's transparent colours are blended.
func unblended(img *image.NRGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		a := int(img.Pix[i+3])
		for c := i; c < i+3 && a > 0 && a < 255; c++ {
			img.Pix[c] = uint8(min(max((int(img.Pix[c])-255+a)*255/a, 0), 255))
		}
	}
}

var order = binary.BigEndian
