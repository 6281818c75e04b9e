// Package composite composes straight 8-bit pixels by OpenRaster's composite operations, in code values as Krita,
// GIMP and MyPaint do. Start with ModeOf and Row.
//
// https://www.openraster.org/baseline/layer-stack-spec.html, https://www.w3.org/TR/compositing-1/
package composite

import "math"

// Mode is a composite operation.
type Mode uint8

// The operations of OpenRaster's baseline.
const (
	Normal Mode = iota
	Multiply
	Screen
	Overlay
	Darken
	Lighten
	ColorDodge
	ColorBurn
	HardLight
	SoftLight
	Difference
	Color
	Luminosity
	Hue
	Saturation
	Plus
	DestinationIn
	DestinationOut
	SourceAtop
	DestinationAtop
)

var ops = [...]string{"svg:src-over", "svg:multiply", "svg:screen", "svg:overlay", "svg:darken", "svg:lighten", "svg:color-dodge", "svg:color-burn",
	"svg:hard-light", "svg:soft-light", "svg:difference", "svg:color", "svg:luminosity", "svg:hue", "svg:saturation", "svg:plus",
	"svg:dst-in", "svg:dst-out", "svg:src-atop", "svg:dst-atop"}

// Modes are all composite operations.
func Modes() []Mode {
	out := make([]Mode, len(ops))
	for i := range out {
		out[i] = Mode(i)
	}
	return out
}

// String is its name in OpenRaster's stack.xml.
func (m Mode) String() string {
	if int(m) < len(ops) {
		return ops[m]
	}
	return ops[Normal]
}

// ModeOf is the operation with a name in stack.xml; "" is Normal. False for names that the baseline lacks.
func ModeOf(op string) (Mode, bool) {
	if op == "" {
		return Normal, true
	}
	for i, name := range ops {
		if name == op {
			return Mode(i), true
		}
	}
	return Normal, false
}

// Everywhere reports whether the operation changes the backdrop where the layer is transparent, too.
func (m Mode) Everywhere() bool { return m == DestinationIn || m == DestinationAtop }

// separable mixes one channel of backdrop b and source s, 0 to 1.
func (m Mode) separable(b, s float32) float32 {
	switch m {
	case Multiply:
		return b * s
	case Screen:
		return b + s - b*s
	case Overlay:
		return hardLight(s, b)
	case Darken:
		return min(b, s)
	case Lighten:
		return max(b, s)
	case ColorDodge:
		if b == 0 {
			return 0
		}
		if s >= 1 {
			return 1
		}
		return min(1, b/(1-s))
	case ColorBurn:
		if b >= 1 {
			return 1
		}
		if s <= 0 {
			return 0
		}
		return 1 - min(1, (1-b)/s)
	case HardLight:
		return hardLight(b, s)
	case SoftLight:
		return softLight(b, s)
	case Difference:
		return max(b, s) - min(b, s)
	}
	return s
}

func hardLight(b, s float32) float32 {
	if s <= 0.5 {
		return b * 2 * s
	}
	s = 2*s - 1
	return b + s - b*s
}

func softLight(b, s float32) float32 {
	if s <= 0.5 {
		return b - (1-2*s)*b*(1-b)
	}
	d := ((16*b-12)*b + 4) * b
	if b > 0.25 {
		d = float32(math.Sqrt(float64(b)))
	}
	return b + (2*s-1)*(d-b)
}

type rgb [3]float32

func (c rgb) luminosity() float32 { return 0.3*c[0] + 0.59*c[1] + 0.11*c[2] }
func (c rgb) saturation() float32 { return max(c[0], c[1], c[2]) - min(c[0], c[1], c[2]) }

// with is the colour with another luminosity, clipped towards it.
func (c rgb) with(l float32) rgb {
	d := l - c.luminosity()
	for i := range c {
		c[i] += d
	}
	low, high := min(c[0], c[1], c[2]), max(c[0], c[1], c[2])
	for i := range c {
		if low < 0 {
			c[i] = l + (c[i]-l)*l/(l-low)
		}
	}
	for i := range c {
		if high > 1 {
			c[i] = l + (c[i]-l)*(1-l)/(high-l)
		}
	}
	return c
}

// saturated is the colour with another saturation.
func (c rgb) saturated(s float32) rgb {
	low, high := min(c[0], c[1], c[2]), max(c[0], c[1], c[2])
	if high <= low {
		return rgb{}
	}
	for i := range c {
		c[i] = (c[i] - low) * s / (high - low)
	}
	return c
}

// whole mixes colours by the four modes that depend on all channels.
func (m Mode) whole(b, s rgb) rgb {
	switch m {
	case Color:
		return s.with(b.luminosity())
	case Luminosity:
		return b.with(s.luminosity())
	case Hue:
		return s.saturated(b.saturation()).with(b.luminosity())
	case Saturation:
		return b.saturated(s.saturation()).with(b.luminosity())
	}
	return s
}
