package pixel

import (
	"bytes"
	"errors"
	"image"
	"math"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

var errProfile = errors.New("the profile does not fit the picture")

// inks are up to four channels from 0 to 1.
type inks = [4]float64

// readProfile returns the conversion from a profile's channels to sRGB; nil where they are sRGB.
func readProfile(data []byte, channels int) (f func(inks) inks, err error) {
	defer func() {
		if p := recover(); p != nil { // the library reads foreign bytes
			err = errProfile
		}
	}()
	p, err := icc.DecodeProfile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	own := map[icc.ColorSpace]int{icc.ColorSpaceGray: 1, icc.ColorSpaceRGB: 3, icc.ColorSpaceCMYK: 4}[p.Header.DataColorSpace]
	if own == 0 || (channels == 4) != (own == 4) || channels == 3 && own == 1 {
		return nil, errProfile
	}
	if own == 3 && p.IsSRGB() {
		return nil, nil
	}
	// As in browsers and ImageMagick: relative colorimetric with black point compensation.
	t, err := p.CreateTransformerToSRGB(icc.RelativeColorimetricRenderingIntent, true, own, true, false, true)
	if err != nil {
		return nil, err
	}
	f = func(in inks) (out inks) {
		t.TransformGeneral(out[:], in[:])
		return out
	}
	if own == 3 {
		f = func(in inks) (out inks) {
			out[0], out[1], out[2] = t.Transform(in[0], in[1], in[2])
			return out
		}
	}
	for _, v := range f(inks{0.5, 0.5, 0.5, 0.5}) { // a profile that cannot be used panics here
		if math.IsNaN(v) {
			return nil, errProfile
		}
	}
	return f, nil
}

// channelsOf is the number of a decoded picture's colour channels.
func channelsOf(img image.Image) int {
	switch img.(type) {
	case *image.Gray, *image.Gray16:
		return 1
	case *image.CMYK:
		return 4
	}
	return 3
}

// managed is a decoded picture with straight alpha, converted to sRGB; unconverted, and false, where its colour space
// is unknown.
func managed(img image.Image, m metadata) (image.Image, bool) {
	if m.profile == nil {
		out := straightOf(img)
		if m.color == nil {
			return out, true
		}
		f := m.color.conversion()
		if f != nil {
			f.over(out)
		}
		return out, f != nil
	}
	f, err := readProfile(m.profile, channelsOf(img))
	if cmyk, ok := img.(*image.CMYK); ok && f != nil {
		return fromInks(cmyk, f), true
	}
	out := straightOf(img)
	if f == nil {
		return out, err == nil
	}
	c := conversion(func(r, g, b float64) (float64, float64, float64) {
		to := f(inks{r, g, b})
		return to[0], to[1], to[2]
	})
	if !c.isNothing() {
		c.over(out)
	}
	return out, true
}

// fromInks converts cyan, magenta, yellow and black by their profile.
func fromInks(img *image.CMYK, f func(inks) inks) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	var last [4]uint8
	made := [4]uint8{255, 255, 255, 255}
	known := false
	for i := range w * h {
		p := [4]uint8(img.Pix[i/w*img.Stride+4*(i%w):])
		if !known || p != last {
			var in inks
			for c, v := range p {
				in[c] = float64(v) / 255
			}
			to := f(in)
			for c := range 3 {
				made[c] = round8(to[c])
			}
			last, known = p, true
		}
		copy(out.Pix[4*i:], made[:])
	}
	return out
}
