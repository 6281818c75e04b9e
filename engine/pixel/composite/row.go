package composite

// Rows of a backdrop are premultiplied RGBA, 0 to 1, four values a pixel, so that many layers lose nothing by
// rounding.

const unit = 1.0 / 255

// Row composes straight 8-bit pixels over a backdrop of as many, opacity 0 to 1.
func Row(under []float32, from []uint8, mode Mode, opacity float32) {
	for i := 0; i+4 <= len(under); i += 4 {
		p := from[i : i+4 : i+4]
		a := float32(p[3]) * unit * opacity
		to := under[i : i+4 : i+4]
		switch {
		case a == 0 && !mode.Everywhere():
		case mode == Normal && a == 1:
			to[0], to[1], to[2], to[3] = float32(p[0])*unit, float32(p[1])*unit, float32(p[2])*unit, 1
		default:
			mode.lay(to, rgb{float32(p[0]) * unit, float32(p[1]) * unit, float32(p[2]) * unit}, a)
		}
	}
}

// Group composes a row, the result of a group, over a backdrop.
func Group(under, from []float32, mode Mode, opacity float32) {
	for i := 0; i+4 <= len(under); i += 4 {
		a := from[i+3]
		if a == 0 && !mode.Everywhere() {
			continue
		}
		var c rgb
		if a > 0 {
			c = rgb{from[i] / a, from[i+1] / a, from[i+2] / a}
		}
		mode.lay(under[i:i+4:i+4], c, a*opacity)
	}
}

// Nothing composes a transparent row over a backdrop.
func Nothing(under []float32, mode Mode) {
	if mode.Everywhere() {
		clear(under)
	}
}

// lay composes one pixel: to is premultiplied, the source straight with alpha a.
func (m Mode) lay(to []float32, s rgb, a float32) {
	ab := to[3]
	switch m {
	case Normal:
		for c := range s {
			to[c] = to[c]*(1-a) + s[c]*a
		}
		to[3] = a + ab*(1-a)
		return
	case Plus:
		for c := range s {
			to[c] = min(to[c]+s[c]*a, 1)
		}
		to[3] = min(ab+a, 1)
		return
	case DestinationIn, DestinationOut:
		if m == DestinationOut {
			a = 1 - a
		}
		for c := range to {
			to[c] *= a
		}
		return
	case SourceAtop:
		for c := range s {
			to[c] = s[c]*a*ab + to[c]*(1-a)
		}
		return
	case DestinationAtop:
		for c := range s {
			to[c] = to[c]*a + s[c]*a*(1-ab)
		}
		to[3] = a
		return
	}
	var b, mixed rgb
	if ab > 0 {
		b = rgb{to[0] / ab, to[1] / ab, to[2] / ab}
	}
	if m >= Color && m <= Saturation {
		mixed = m.whole(b, s)
	} else {
		for c := range s {
			mixed[c] = m.separable(b[c], s[c])
		}
	}
	for c := range s {
		to[c] = to[c]*(1-a) + a*((1-ab)*s[c]+ab*mixed[c])
	}
	to[3] = a + ab*(1-a)
}

// Premultiplied rounds a row to premultiplied bytes, as image.RGBA has them.
func Premultiplied(to []uint8, from []float32) {
	for i := 0; i+4 <= len(from); i += 4 {
		a := round(from[i+3])
		to[i+3] = a
		for c := i; c < i+3; c++ {
			to[c] = min(round(from[c]), a)
		}
	}
}

// Straight rounds a row to straight bytes, as image.NRGBA has them.
func Straight(to []uint8, from []float32) {
	for i := 0; i+4 <= len(from); i += 4 {
		a := from[i+3]
		if to[i+3] = round(a); to[i+3] == 0 {
			to[i], to[i+1], to[i+2] = 0, 0, 0
			continue
		}
		for c := i; c < i+3; c++ {
			to[c] = round(from[c] / a)
		}
	}
}

func round(v float32) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }
