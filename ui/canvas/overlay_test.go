package canvas

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

func speckledMask(w, h int, r *rand.Rand) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.IntN(256))
	}
	return m
}

// slowCover is the mean of what a screen pixel covers of a mask, by area.
func slowCover(m *image.Gray, to image.Rectangle, x, y int) float64 {
	fx, fy := float64(m.Rect.Dx())/float64(to.Dx()), float64(m.Rect.Dy())/float64(to.Dy())
	x0, y0 := float64(x-to.Min.X)*fx, float64(y-to.Min.Y)*fy
	var sum, area float64
	for sy := int(y0); sy < m.Rect.Dy() && float64(sy) < y0+fy; sy++ {
		for sx := int(x0); sx < m.Rect.Dx() && float64(sx) < x0+fx; sx++ {
			a := (min(float64(sx+1), x0+fx) - max(float64(sx), x0)) * (min(float64(sy+1), y0+fy) - max(float64(sy), y0))
			sum += a * float64(m.GrayAt(sx, sy).Y)
			area += a
		}
	}
	return sum / area
}

// Under twice its size a mask's tint is that of the mean of what a pixel covers.
func TestOverlayAgainstArea(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	tint := color.NRGBA{230, 60, 90, 255}
	for n := range 40 {
		m := speckledMask(3+r.IntN(70), 3+r.IntN(70), r)
		zoom := 0.51 + r.Float64()*1.4
		size := image.Pt(int(float64(m.Rect.Dx())*zoom), int(float64(m.Rect.Dy())*zoom))
		if size.X*2 <= m.Rect.Dx() || size.Y*2 <= m.Rect.Dy() || size == m.Rect.Size() {
			continue
		}
		to := image.Rectangle{Max: size}.Add(image.Pt(r.IntN(20)-10, r.IntN(20)-10))
		dst := image.NewRGBA(image.Rect(3, 5, 60, 50))
		fill(dst, dst.Rect, color.NRGBA{100, 100, 100, 255})
		overlay(dst, m, to, tint, 0.8)
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x++ {
				a := 0.0
				if image.Pt(x, y).In(to) {
					a = slowCover(m, to, x, y) / 255 * 0.8
				}
				for c, hue := range []float64{230, 60, 90} {
					want := 100*(1-a) + hue*a
					if got := float64(dst.Pix[dst.PixOffset(x, y)+c]); math.Abs(got-want) > 3 {
						t.Fatalf("%d, %v to %v: channel %d of %d,%d is %v, want %.1f", n, m.Rect.Size(), to, c, x, y, got, want)
					}
				}
			}
		}
	}
}

// A halving of a halving is the mean of all it covers, and stays so when parts of the mask are written.
func TestMaskMips(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 1))
	m := speckledMask(301, 77, r)
	var mips maskMips
	check := func(when string) {
		t.Helper()
		for n := 1; n <= 4; n++ {
			side := 1 << n
			got := mips.level(m, 1/float64(side))
			if want := image.Pt((301+side-1)/side, (77+side-1)/side); got.Rect.Size() != want {
				t.Fatalf("%s, halving %d is %v, want %v", when, n, got.Rect.Size(), want)
			}
			for y := range 77 / side { // without those that an odd end counts twice in
				for x := range 301 / side {
					sum := 0
					for i := range side * side {
						sum += int(m.Pix[(y*side+i/side)*m.Stride+x*side+i%side])
					}
					if mean := float64(sum) / float64(side*side); math.Abs(float64(got.GrayAt(x, y).Y)-mean) > float64(n) {
						t.Fatalf("%s, halving %d: %d,%d is %d, want %.1f", when, n, x, y, got.GrayAt(x, y).Y, mean)
					}
				}
			}
		}
	}
	check("at first")
	for range 50 {
		x, y := r.IntN(301), r.IntN(77)
		part := image.Rect(x, y, x+1+r.IntN(301-x), y+1+r.IntN(77-y))
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for x := part.Min.X; x < part.Max.X; x++ {
				m.Pix[y*m.Stride+x] = uint8(r.IntN(256))
			}
		}
		mips.changed(part)
		check("after a stroke")
	}
	copy(m.Pix, speckledMask(301, 77, r).Pix)
	mips.forget()
	check("after all of it changed")
	m = speckledMask(301, 77, r)
	check("of another mask")
}

// The finest mask is an even tint at every zoom below 50 %: it does not shimmer.
func TestMaskDoesNotShimmer(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 1024, 1024))
	for i := range m.Pix {
		m.Pix[i] = uint8(255 * ((i + i/1024) & 1))
	}
	var mips maskMips
	for zoom := 0.5; zoom >= MinZoom; zoom *= 0.97 {
		to := Viewport{zoom, 0, 0}.ToScreen(m.Rect)
		covered(mips.level(m, zoom), to, to, func(y int, line []uint8) {
			for x, v := range line {
				if d := int(v) - 128; d < -2 || d > 2 {
					t.Fatalf("at %.1f %% %d,%d is covered by %d, want 128", zoom*100, x, y, v)
				}
			}
		})
	}
}
