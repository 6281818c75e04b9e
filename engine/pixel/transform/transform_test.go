package transform

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// smooth is a picture without edges, so that kernels can be held against it between its pixels.
func smooth(x, y float64) [3]float64 {
	return [3]float64{128 + 100*math.Sin(x/9), 128 + 100*math.Cos(y/11), 128 + 60*math.Sin((x+y)/13)}
}

func picture(w, h int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := smooth(float64(x)+0.5, float64(y)+0.5)
			out.SetNRGBA(x, y, color.NRGBA{uint8(v[0] + 0.5), uint8(v[1] + 0.5), uint8(v[2] + 0.5), 255})
		}
	}
	return out
}

// What is enlarged, turned and moved shows at every place what the picture has where that place came from.
func TestPlaces(t *testing.T) {
	img := picture(120, 90)
	for _, k := range []Kernel{Bicubic, Lanczos} {
		for _, tr := range []Transform{
			{ScaleX: 1.7, ScaleY: 1.7}, {ScaleX: 2.5, ScaleY: 1.2, Turn: 33}, {ScaleX: -1.3, ScaleY: 1.1, Turn: -70, Move: [2]float64{12.4, -40.7}},
			{ScaleX: 1, ScaleY: 1, Move: [2]float64{0.5, 0.25}}, {ScaleX: 1, ScaleY: 1, Turn: 45},
		} {
			tr.Kernel, tr.Pivot = k, [2]float64{60, 45}
			out := tr.Apply(img)
			for y := 8.5; y < 82; y += 3 {
				for x := 8.5; x < 112; x += 3 {
					px, py := tr.At(x, y)
					got := out.NRGBAAt(int(math.Floor(px)), int(math.Floor(py)))
					// the middle of the pixel that was hit, taken back, is at most a pixel off
					bx, by := back(tr, math.Floor(px)+0.5, math.Floor(py)+0.5)
					want := smooth(bx, by)
					for c, v := range [3]uint8{got.R, got.G, got.B} {
						if math.Abs(float64(v)-want[c]) > 2 || got.A != 255 {
							t.Fatalf("kernel %d, %+v: at %.1f,%.1f channel %d is %d (alpha %d), not %.1f", k, tr, bx, by, c, v, got.A, want[c])
						}
					}
				}
			}
		}
	}
}

// back finds where a place came from by solving the two equations.
func back(t Transform, x, y float64) (float64, float64) {
	x0, y0 := t.At(0, 0)
	ax, ay := t.At(1, 0)
	bx, by := t.At(0, 1)
	a, c, b, d := ax-x0, ay-y0, bx-x0, by-y0
	x, y = x-x0, y-y0
	det := a*d - b*c
	return (d*x - b*y) / det, (a*y - c*x) / det
}

// Made smaller, fine stripes become their mean and not stripes of another width.
func TestSmallerIsMean(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	for i := range 256 * 256 {
		v := uint8(255 * (i % 2))
		copy(img.Pix[4*i:], []uint8{v, v, v, 255})
	}
	for _, k := range []Kernel{Bicubic, Lanczos} {
		out := Transform{ScaleX: 0.23, ScaleY: 0.23, Kernel: k}.Apply(img)
		mid := out.NRGBAAt(30, 30)
		if mid.R < 118 || mid.R > 138 {
			t.Errorf("kernel %d: stripes of 0 and 255 are %d", k, mid.R)
		}
	}
}

// Mirroring, quarter turns and whole shifts lose nothing: four quarter turns are none.
func TestWithoutLoss(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	img := image.NewNRGBA(image.Rect(-7, 5, 40, 60))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.IntN(256))
	}
	same := func(name string, got *image.NRGBA) {
		t.Helper()
		if got.Rect != img.Rect || string(got.Pix) != string(img.Pix) {
			t.Errorf("%s: another picture, at %v", name, got.Rect)
		}
	}
	flip := Transform{ScaleX: -1, ScaleY: 1, Pivot: [2]float64{16.5, 32.5}}
	mirrored := flip.Apply(img)
	if mirrored.NRGBAAt(39, 5) != img.NRGBAAt(-7, 5) || mirrored.NRGBAAt(-7, 59) != img.NRGBAAt(39, 59) {
		t.Error("mirrored is not mirrored")
	}
	same("mirrored twice", flip.Apply(mirrored))
	flip.ScaleX, flip.ScaleY = 1, -1
	same("upside down twice", flip.Apply(flip.Apply(img)))
	quarter := Transform{ScaleX: 1, ScaleY: 1, Turn: 90, Pivot: [2]float64{16, 32}}
	once := quarter.Apply(img)
	if once.Rect.Dx() != img.Rect.Dy() || once.NRGBAAt(once.Rect.Max.X-1, once.Rect.Min.Y) != img.NRGBAAt(-7, 5) {
		t.Error("a quarter turn clockwise takes the upper left corner to the upper right", once.Rect)
	}
	same("four quarter turns", quarter.Apply(quarter.Apply(quarter.Apply(once))))
	there, home := Transform{ScaleX: 1, ScaleY: 1, Move: [2]float64{300, -7}}, Transform{ScaleX: 1, ScaleY: 1, Move: [2]float64{-300, 7}}
	same("there and home", home.Apply(there.Apply(img)))
	half := Transform{ScaleX: 1, ScaleY: 1, Turn: 180, Pivot: [2]float64{0, 0}}
	same("two half turns", half.Apply(half.Apply(img)))
}

// The edge of a turned square fades over a pixel, and its area stays.
func TestEdges(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 60, 60))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for _, k := range []Kernel{Bicubic, Lanczos} {
		out := Transform{ScaleX: 1, ScaleY: 1, Turn: 30, Pivot: [2]float64{30, 30}, Kernel: k}.Apply(img)
		area, soft := 0.0, 0
		for i := 3; i < len(out.Pix); i += 4 {
			area += float64(out.Pix[i]) / 255
			if v := out.Pix[i]; v > 20 && v < 235 {
				soft++
				if out.Pix[i-1] < 250 {
					t.Fatalf("kernel %d: the edge darkens to %d", k, out.Pix[i-1])
				}
			}
		}
		if math.Abs(area-3600) > 40 || soft < 150 {
			t.Errorf("kernel %d: area %.0f of 3600, %d soft pixels", k, area, soft)
		}
	}
	if (Transform{ScaleX: 0, ScaleY: 1}).Valid() || (Transform{ScaleX: 1, ScaleY: math.NaN()}).Valid() || !Identity.Valid() {
		t.Error("Valid")
	}
}
