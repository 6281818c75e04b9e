package canvas

import "image"

// mips are the halvings of the pictures shown last, so that a small view of a
// large picture neither shimmers nor reads every pixel. Pictures are never
// written after they are shown, so their address stands for them.
type mips struct {
	of   []*image.RGBA
	down [][]*image.RGBA
}

const keptPictures = 4

// level is the halving of a picture that fits a zoom.
func (m *mips) level(img *image.RGBA, zoom float64) *image.RGBA {
	for n := 0; zoom <= 0.5 && img.Rect.Dx() > 1 && img.Rect.Dy() > 1; n++ {
		img = m.half(img)
		zoom *= 2
	}
	return img
}

func (m *mips) half(img *image.RGBA) *image.RGBA {
	for i, o := range m.of {
		if o == img {
			return m.down[i][0]
		}
		for k, d := range m.down[i] {
			if d == img {
				if k+1 == len(m.down[i]) {
					m.down[i] = append(m.down[i], halved(img))
				}
				return m.down[i][k+1]
			}
		}
	}
	if len(m.of) == keptPictures {
		m.of, m.down = m.of[1:], m.down[1:]
	}
	h := halved(img)
	m.of, m.down = append(m.of, img), append(m.down, []*image.RGBA{h})
	return h
}

// halved averages 2x2 pixels; an odd last row or column counts twice.
func halved(img *image.RGBA) *image.RGBA {
	w, h := (img.Rect.Dx()+1)/2, (img.Rect.Dy()+1)/2
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := 0; y < h; y++ {
		a := img.Pix[2*y*img.Stride:]
		b := img.Pix[min(2*y+1, img.Rect.Dy()-1)*img.Stride:]
		to := out.Pix[y*out.Stride:]
		for x := 0; x < w; x++ {
			l, r := 8*x, 4*min(2*x+1, img.Rect.Dx()-1)
			for c := 0; c < 4; c++ {
				to[4*x+c] = uint8((uint(a[l+c]) + uint(a[r+c]) + uint(b[l+c]) + uint(b[r+c]) + 2) / 4)
			}
		}
	}
	return out
}
