package pixel

import "image"

// Things on a plain ground, as drawings and icons have them: where one lies across a border, or ends at it in a line.
// Pictures without a ground of one colour, photographs above all, have none here.

const (
	groundShare = 0.35 // of the pixels looked at that have the ground's colour
	unlike      = 30   // code values that a channel of a thing differs from the ground by
	touches     = 2    // px from a border at which a thing touches it
)

// groundOf is the colour of most pixels that in names; false where no colour has a good share of them.
func groundOf(img *image.RGBA, in func(i int) bool) (ground [3]int, ok bool) {
	type bucket struct{ n, r, g, b int }
	counts, all := map[int]*bucket{}, 0
	for i := range len(img.Pix) / 4 {
		p := img.Pix[4*i : 4*i+4]
		if !in(i) || p[3] < 255 {
			continue
		}
		key := int(p[0]>>4)<<8 | int(p[1]>>4)<<4 | int(p[2]>>4)
		if counts[key] == nil {
			counts[key] = &bucket{}
		}
		b := counts[key]
		b.n, b.r, b.g, b.b = b.n+1, b.r+int(p[0]), b.g+int(p[1]), b.b+int(p[2])
		all++
	}
	most := &bucket{}
	for _, b := range counts {
		if b.n > most.n {
			most = b
		}
	}
	if most.n == 0 || float64(most.n) < groundShare*float64(all) {
		return ground, false
	}
	return [3]int{most.r / most.n, most.g / most.n, most.b / most.n}, true
}

// differs says whether the i-th pixel is no ground.
func differs(img *image.RGBA, i int, ground [3]int) bool { return differsBy(img, i, ground, unlike) }

// differsBy says whether a channel of the i-th pixel is more than so many code values from the ground's.
func differsBy(img *image.RGBA, i int, ground [3]int, least int) bool {
	for c, g := range ground {
		if d := int(img.Pix[4*i+c]) - g; d > least || d < -least {
			return true
		}
	}
	return false
}

// flood follows pixels from a first one through neighbours, and marks them in seen.
func flood(w, h, first int, seen []bool, through func(i int) bool) (out []int) {
	out = append(out, first)
	seen[first] = true
	for k := 0; k < len(out); k++ {
		x, y := out[k]%w, out[k]/w
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				if nx, ny := x+dx, y+dy; nx >= 0 && ny >= 0 && nx < w && ny < h {
					if i := ny*w + nx; !seen[i] && through(i) {
						seen[i] = true
						out = append(out, i)
					}
				}
			}
		}
	}
	return out
}

// Touching are the things beside a mask that touch it and end within px of it: painting again what the mask says would
// leave the rest of them.
func Touching(img *image.RGBA, m *Mask, px int) *Mask { return touching(img, m, px, unlike) }

// Ends are the ends of things that reach out of a mask by at most px, also where the faint rim of another thing lies
// against them: what differs from the ground more strongly is told apart.
func Ends(img *image.RGBA, m *Mask, px int) *Mask {
	out := image.NewGray(m.Rect)
	for k := 1; k <= 3; k++ {
		out = Either(out, touching(img, m, px, k*unlike))
	}
	return out
}

// touching is Touching with how much things differ from the ground, in code values.
func touching(img *image.RGBA, m *Mask, px, least int) *Mask {
	out := image.NewGray(m.Rect)
	d := Distance(m, false)
	near := func(i int) bool { return d[i] > 0 && d[i] <= float32(px) }
	ground, ok := groundOf(img, near)
	if !ok {
		return out
	}
	thing := func(i int) bool { return d[i] > 0 && img.Pix[4*i+3] == 255 && differsBy(img, i, ground, least) }
	seen := make([]bool, len(d))
	w, h := m.Rect.Dx(), m.Rect.Dy()
	for i := range d {
		if d[i] > touches || seen[i] || !thing(i) {
			continue
		}
		one := flood(w, h, i, seen, func(i int) bool { return d[i] <= float32(px)+1 && thing(i) })
		ends := true
		for _, i := range one {
			ends = ends && d[i] <= float32(px)
		}
		if !ends {
			continue
		}
		for _, i := range one {
			out.Pix[i] = 255
		}
	}
	return out
}

// fading is how far from a mask's edge inside of it a result may still fade, px: a thing that was cut there shows from
// there on.
const fading = 20

// Severed are the things inside a mask that end in a line where it ends, though nothing goes on behind it, within px of
// there; and the picture with their ends taken back and rounded, ground in their place. Nil where there are none.
func Severed(img *image.RGBA, m *Mask, px int) (things *Mask, healed *image.RGBA) {
	d, out := Distance(m, true), Distance(m, false) // of what is inside, and outside, to the edge
	ground, ok := groundOf(img, func(i int) bool { return d[i] <= float32(px) && out[i] <= float32(px) })
	if !ok {
		return nil, nil
	}
	whole := severed(img, m, d, out, ground)
	if whole == nil {
		return nil, nil
	}
	back := px / 3
	rest := image.NewGray(m.Rect)
	for i := range d {
		if whole.Pix[i] == 255 && d[i] > float32(fading+back/2) {
			rest.Pix[i] = 255
		}
	}
	rest = Grow(Grow(rest, -back/2), back/2) // corners are rounded
	things, healed = image.NewGray(m.Rect), image.NewRGBA(img.Rect)
	copy(healed.Pix, img.Pix)
	for i := range d {
		if whole.Pix[i] != 255 || d[i] > float32(px) {
			continue
		}
		if things.Pix[i] = 255; rest.Pix[i] != 255 {
			for c, g := range ground {
				healed.Pix[4*i+c] = uint8(g)
			}
		}
	}
	return things, healed
}

// SeveredShare is the share of a mask's edge, 0 to 1, along which such things end.
func SeveredShare(img *image.RGBA, m *Mask) float64 {
	d, out := Distance(m, true), Distance(m, false)
	ground, ok := groundOf(img, func(i int) bool { return d[i] <= 3*fading && out[i] <= 3*fading })
	if !ok {
		return 0
	}
	whole := severed(img, m, d, out, ground)
	if whole == nil {
		return 0
	}
	cut, all := 0, 0
	for i := range d {
		if d[i] > fading-2 && d[i] <= fading {
			all++
			cut += int(whole.Pix[i] / 255)
		}
	}
	return float64(cut) / float64(max(all, 1))
}

// severed are the pixels of such things; nil where there are none.
func severed(img *image.RGBA, m *Mask, d, out []float32, ground [3]int) *Mask {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	behind, whole := image.NewGray(m.Rect), image.NewGray(m.Rect)
	for i := range out {
		if out[i] >= 1 && out[i] <= 4 && differs(img, i, ground) {
			behind.Pix[i] = 255
		}
	}
	on := Distance(behind, false)
	thing := func(i int) bool { return d[i] > 0 && differs(img, i, ground) }
	seen, found := make([]bool, len(d)), false
	for i := range d {
		if d[i] <= 0 || d[i] > fading || seen[i] || !thing(i) {
			continue
		}
		one := flood(w, h, i, seen, thing)
		touched, continued := 0, 0
		for _, i := range one {
			if d[i] <= fading {
				touched++
				if on[i] <= d[i]+4 {
					continued++
				}
			}
		}
		if touched < fading || 2*continued >= touched {
			continue
		}
		found = true
		for _, i := range one {
			whole.Pix[i] = 255
		}
	}
	if !found {
		return nil
	}
	return whole
}
