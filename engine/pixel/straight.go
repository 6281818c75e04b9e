package pixel

import (
	"image"
	"image/color"
	"image/draw"
)

// straightOf is a decoded picture with its corner at 0,0 and straight alpha: an
// *image.NRGBA, or an *image.NRGBA64 where the file has 16 bits a channel.
func straightOf(img image.Image) image.Image {
	size := image.Rectangle{Max: img.Bounds().Size()}
	switch from := img.(type) {
	case *image.NRGBA:
		return copied(from, size)
	case *image.Paletted:
		return fromPalette(from, size)
	case *image.NRGBA64, *image.RGBA64, *image.Gray16:
		return deep(img, size)
	case *image.NYCbCrA:
		return copied(img, size)
	}
	out := image.NewRGBA(size)
	draw.Draw(out, size, img, img.Bounds().Min, draw.Src)
	if !out.Opaque() {
		return unmultiplied(out)
	}
	return (*image.NRGBA)(out)
}

func copied(img image.Image, size image.Rectangle) *image.NRGBA {
	if n, ok := img.(*image.NRGBA); ok && n.Rect == size && n.Stride == 4*size.Dx() {
		return n
	}
	out := image.NewNRGBA(size)
	at := img.Bounds().Min
	for y := 0; y < size.Dy(); y++ {
		for x := 0; x < size.Dx(); x++ {
			out.SetNRGBA(x, y, color.NRGBAModel.Convert(img.At(at.X+x, at.Y+y)).(color.NRGBA))
		}
	}
	return out
}

func fromPalette(img *image.Paletted, size image.Rectangle) *image.NRGBA {
	var colors [256][4]uint8 // an index past the palette is transparent black
	for i, c := range img.Palette {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		colors[i&255] = [4]uint8{n.R, n.G, n.B, n.A}
	}
	out := image.NewNRGBA(size)
	for y := 0; y < size.Dy(); y++ {
		row := img.Pix[y*img.Stride:][:size.Dx()]
		for x, v := range row {
			copy(out.Pix[4*(y*size.Dx()+x):], colors[v][:])
		}
	}
	return out
}

func deep(img image.Image, size image.Rectangle) *image.NRGBA64 {
	if n, ok := img.(*image.NRGBA64); ok && n.Rect == size && n.Stride == 8*size.Dx() {
		return n
	}
	out := image.NewNRGBA64(size)
	at := img.Bounds().Min
	for y := 0; y < size.Dy(); y++ {
		for x := 0; x < size.Dx(); x++ {
			out.SetNRGBA64(x, y, color.NRGBA64Model.Convert(img.At(at.X+x, at.Y+y)).(color.NRGBA64))
		}
	}
	return out
}

// unmultiplied is a picture with straight alpha.
func unmultiplied(img *image.RGBA) *image.NRGBA {
	out := image.NewNRGBA(img.Rect)
	for i := 0; i < len(out.Pix); i += 4 {
		unmultiply(out.Pix[i:i+4:i+4], img.Pix[i:i+4:i+4])
	}
	return out
}

func unmultiply(to, from []uint8) {
	a := int(from[3])
	for c := 0; c < 3 && a > 0; c++ {
		to[c] = uint8(min((int(from[c])*255+a/2)/a, 255))
	}
	to[3] = from[3]
}

// multiplied is a straight picture as premultiplied 8-bit RGBA.
func multiplied(img image.Image) *image.RGBA {
	if n, ok := img.(*image.NRGBA); ok && n.Opaque() {
		return (*image.RGBA)(n)
	}
	out := image.NewRGBA(img.Bounds())
	at := reader(img)
	for i := 0; i < len(out.Pix)/4; i++ {
		p := at(i)
		multiply(out.Pix[4*i:4*i+4:4*i+4], p)
	}
	return out
}

// multiply converts straight 16 bits to premultiplied 8; the only such conversion.
func multiply(to []uint8, p [4]uint16) {
	a := (uint64(p[3]) + 128) / 257
	for c := range 3 {
		to[c] = uint8((uint64(p[c])*a + 0x7fff) / 0xffff)
	}
	to[3] = uint8(a)
}

// reader returns the pixels of a straight picture by index, in 16 bits a channel.
func reader(img image.Image) func(i int) [4]uint16 {
	if deep, ok := img.(*image.NRGBA64); ok {
		return func(i int) (p [4]uint16) {
			for c := range p {
				p[c] = uint16(deep.Pix[8*i+2*c])<<8 | uint16(deep.Pix[8*i+2*c+1])
			}
			return p
		}
	}
	flat := img.(*image.NRGBA)
	return func(i int) (p [4]uint16) {
		for c := range p {
			p[c] = 257 * uint16(flat.Pix[4*i+c])
		}
		return p
	}
}

// writer sets them.
func writer(img image.Image) func(i int, p [4]uint16) {
	if deep, ok := img.(*image.NRGBA64); ok {
		return func(i int, p [4]uint16) {
			for c, v := range p {
				deep.Pix[8*i+2*c], deep.Pix[8*i+2*c+1] = uint8(v>>8), uint8(v)
			}
		}
	}
	flat := img.(*image.NRGBA)
	return func(i int, p [4]uint16) {
		for c, v := range p {
			flat.Pix[4*i+c] = uint8((uint32(v) + 128) / 257)
		}
	}
}

// blankLike is an empty picture of a size with as many bits.
func blankLike(img image.Image, size image.Rectangle) image.Image {
	if _, ok := img.(*image.NRGBA64); ok {
		return image.NewNRGBA64(size)
	}
	return image.NewNRGBA(size)
}

// onCanvas puts a frame of an animation on its canvas, transparent outside of it.
func onCanvas(img image.Image, canvas image.Rectangle, at image.Point) image.Image {
	from := straightOf(img)
	out := blankLike(from, canvas)
	draw.Draw(out.(draw.Image), from.Bounds().Add(at), from, image.Point{}, draw.Src)
	return out
}

// turned is a straight picture upright by its EXIF orientation.
func turned(img image.Image, orientation int) image.Image {
	if orientation == 1 {
		return img
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := blankLike(img, size)
	get, set := reader(img), writer(out)
	for y := 0; y < size.Dy(); y++ {
		for x := 0; x < size.Dx(); x++ {
			i, j := x, y
			if orientation >= 5 {
				i, j = y, x
			}
			switch orientation {
			case 2:
				i = w - 1 - i
			case 3:
				i, j = w-1-i, h-1-j
			case 4:
				j = h - 1 - j
			case 6:
				j = h - 1 - j
			case 7:
				i, j = w-1-i, h-1-j
			case 8:
				i = w - 1 - i
			}
			set(y*size.Dx()+x, get(j*w+i))
		}
	}
	return out
}
