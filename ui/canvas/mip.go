package canvas

import (
	"encoding/binary"
	"image"
)

// mips are the halved versions of the pictures shown last, so that a small view of a large picture neither shimmers
// nor reads every pixel. Pictures are immutable once shown, so their address identifies them.
type mips struct {
	of   []*image.RGBA
	down [][]*image.RGBA
	more int // pictures of the table
}

const keptPictures = 4

// room makes room for more pictures.
func (m *mips) room(more int) {
	if drop := len(m.of) - keptPictures - more; drop > 0 {
		m.of, m.down = m.of[drop:], m.down[drop:]
	}
	m.more = more
}

// level is the halved version of a picture that a zoom shows at more than half its size.
func (m *mips) level(img *image.RGBA, zoom float64) *image.RGBA {
	if img == nil || zoom > 0.5 || img.Rect.Dx() < 2 || img.Rect.Dy() < 2 {
		return img
	}
	list := m.halvings(img)
	for n := 0; ; n++ {
		if n == len(*list) {
			*list = append(*list, halved(img))
		}
		img = (*list)[n]
		if zoom *= 2; zoom > 0.5 || img.Rect.Dx() < 2 || img.Rect.Dy() < 2 {
			return img
		}
	}
}

// halvings are a picture's halved versions; the picture shown longest ago is dropped.
func (m *mips) halvings(img *image.RGBA) *[]*image.RGBA {
	at := len(m.of)
	for i, o := range m.of {
		if o == img {
			at = i
		}
	}
	var list []*image.RGBA
	if at < len(m.of) {
		list = m.down[at]
		m.of, m.down = append(m.of[:at], m.of[at+1:]...), append(m.down[:at], m.down[at+1:]...)
	} else if at >= keptPictures+m.more {
		m.of, m.down = m.of[1:], m.down[1:]
	}
	m.of, m.down = append(m.of, img), append(m.down, list)
	return &m.down[len(m.down)-1]
}

// changed updates the halved versions of a picture after it was written to.
func (m *mips) changed(img *image.RGBA, r image.Rectangle) {
	for i, o := range m.of {
		if o != img || img == nil {
			continue
		}
		from, part := img, r.Intersect(img.Rect)
		for _, to := range m.down[i] {
			part = image.Rect(part.Min.X/2, part.Min.Y/2, (part.Max.X+1)/2, (part.Max.Y+1)/2).Intersect(to.Rect)
			halveInto(to, from, part)
			from = to
		}
	}
}

// halved averages 2x2 pixels; an odd last row or column counts twice.
func halved(img *image.RGBA) *image.RGBA {
	w, h := (img.Rect.Dx()+1)/2, (img.Rect.Dy()+1)/2
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	split(h, func(from, to int) { halveInto(out, img, image.Rect(0, from, w, to)) })
	return out
}

// halveInto computes a part of the halved picture.
func halveInto(out, img *image.RGBA, part image.Rectangle) {
	whole := img.Rect.Dx() / 2
	for y := part.Min.Y; y < part.Max.Y; y++ {
		a := img.Pix[2*y*img.Stride:][:4*img.Rect.Dx()]
		b := img.Pix[min(2*y+1, img.Rect.Dy()-1)*img.Stride:][:4*img.Rect.Dx()]
		row := out.Pix[y*out.Stride:]
		for x := part.Min.X; x < part.Max.X; x++ {
			l, r := 8*x, 8*x+4
			if x == whole {
				r = l
			}
			const rounding = 0x0002000200020002
			sum := lanes(a[l:]) + lanes(a[r:]) + lanes(b[l:]) + lanes(b[r:]) + rounding
			binary.LittleEndian.PutUint32(row[4*x:], packed(sum>>2&laneBytes))
		}
	}
}
