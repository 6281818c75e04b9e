package canvas

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

func speckled(w, h int, seed uint64, opaque bool) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 3))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		a := 255
		if !opaque {
			a = r.IntN(256)
		}
		for c := range 3 {
			img.Pix[i+c] = uint8(r.IntN(a + 1)) // premultiplied
		}
		img.Pix[i+3] = uint8(a)
	}
	return img
}

// Halving against the mean of four pixels each.
func TestHalved(t *testing.T) {
	for _, size := range []image.Point{{8, 6}, {7, 5}, {1, 9}, {2, 1}, {301, 77}} {
		img := speckled(size.X, size.Y, 1, false)
		got := halved(img)
		for y := range (size.Y + 1) / 2 {
			for x := range (size.X + 1) / 2 {
				for c := range 4 {
					sum := 0
					for _, d := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
						sx, sy := min(2*x+d.X, size.X-1), min(2*y+d.Y, size.Y-1)
						sum += int(img.Pix[img.PixOffset(sx, sy)+c])
					}
					if v := int(got.Pix[got.PixOffset(x, y)+c]); v != (sum+2)/4 {
						t.Fatalf("%v: channel %d of %d,%d is %d, want %d", size, c, x, y, v, (sum+2)/4)
					}
				}
			}
		}
	}
}

// slow is the mean of what a screen pixel covers, by area, over grey.
func slow(img *image.RGBA, to image.Rectangle, x, y, c int) float64 {
	fx, fy := float64(img.Rect.Dx())/float64(to.Dx()), float64(img.Rect.Dy())/float64(to.Dy())
	x0, y0 := float64(x-to.Min.X)*fx, float64(y-to.Min.Y)*fy
	var sum, alpha, area float64
	for sy := int(y0); sy < img.Rect.Dy() && float64(sy) < y0+fy; sy++ {
		for sx := int(x0); sx < img.Rect.Dx() && float64(sx) < x0+fx; sx++ {
			a := (min(float64(sx+1), x0+fx) - max(float64(sx), x0)) * (min(float64(sy+1), y0+fy) - max(float64(sy), y0))
			sum += a * float64(img.Pix[img.PixOffset(sx, sy)+c])
			alpha += a * float64(img.Pix[img.PixOffset(sx, sy)+3])
			area += a
		}
	}
	return sum/area + 100*(1-alpha/area/255)
}

func TestSampledAgainstArea(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for seed := range uint64(40) {
		img := speckled(3+r.IntN(70), 3+r.IntN(70), seed, seed%2 == 0)
		zoom := 0.51 + r.Float64()*0.49
		size := image.Pt(int(float64(img.Rect.Dx())*zoom), int(float64(img.Rect.Dy())*zoom))
		if size.X*2 <= img.Rect.Dx() || size.Y*2 <= img.Rect.Dy() {
			continue
		}
		to := image.Rectangle{Max: size}.Add(image.Pt(r.IntN(20)-10, r.IntN(20)-10))
		dst := image.NewRGBA(image.Rect(3, 5, 60, 50))
		fill(dst, dst.Rect, color.NRGBA{100, 100, 100, 255})
		sampled(dst, img, to, image.Rect(5, 6, 58, 49))
		seen := to.Intersect(image.Rect(5, 6, 58, 49))
		for y := dst.Rect.Min.Y; y < dst.Rect.Max.Y; y++ {
			for x := dst.Rect.Min.X; x < dst.Rect.Max.X; x++ {
				for c := range 3 {
					want := 100.0
					if image.Pt(x, y).In(seen) {
						want = slow(img, to, x, y, c)
					}
					if got := float64(dst.Pix[dst.PixOffset(x, y)+c]); math.Abs(got-want) > 3 {
						t.Fatalf("seed %d, %v to %v: channel %d of %d,%d is %v, want %.1f", seed, img.Rect.Size(), to, c, x, y, got, want)
					}
				}
			}
		}
	}
}

// Up to 400 % an enlarged picture is soft: no two neighbours on the screen differ by more than their share of what the
// picture's pixels do, and at a pixel's middle it is that pixel.
func TestEnlargementIsSoft(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		v := uint8(200 * (i + i/8) & 0xff)
		img.SetRGBA(i%8, i/8, color.RGBA{v, 255 - v, v / 2, 255})
	}
	for _, zoom := range []float64{1.3, 2, 3, 4} {
		to := Viewport{zoom, 3, 2}.ToScreen(img.Rect)
		dst := image.NewRGBA(image.Rect(0, 0, 40, 40))
		sampled(dst, img, to, dst.Rect)
		most := 0.0
		for y := to.Min.Y; y < to.Max.Y; y++ {
			for x := to.Min.X + 1; x < to.Max.X; x++ {
				most = max(most, math.Abs(float64(dst.RGBAAt(x, y).R)-float64(dst.RGBAAt(x-1, y).R)))
			}
		}
		if limit := 255/zoom + 2; most > limit {
			t.Errorf("at %v %% neighbours differ by %v, want at most %v", zoom*100, most, limit)
		}
	}
	to := Viewport{3, 0, 0}.ToScreen(img.Rect)
	dst := image.NewRGBA(to)
	sampled(dst, img, to, to)
	for i := range 64 {
		if got, want := dst.RGBAAt(3*(i%8)+1, 3*(i/8)+1), img.RGBAAt(i%8, i/8); got != want {
			t.Fatalf("the middle of pixel %d is %v, want %v", i, got, want)
		}
	}
}

// Above 400 % every screen pixel is one picture pixel's colour; at 100 % the picture itself.
func TestPixelsAreCrisp(t *testing.T) {
	img := speckled(40, 30, 5, true)
	for _, zoom := range []float64{1, 4.2, 5, 64} {
		v := Viewport{zoom, -13, 4}
		dst := image.NewRGBA(image.Rect(0, 0, 90, 70))
		to := v.ToScreen(img.Rect)
		sampled(dst, img, to, dst.Rect)
		for y := range 70 {
			for x := range 90 {
				if !image.Pt(x, y).In(to) {
					continue
				}
				sx, sy := (x-to.Min.X)*40/to.Dx(), (y-to.Min.Y)*30/to.Dy()
				if dst.RGBAAt(x, y) != img.RGBAAt(sx, sy) {
					t.Fatalf("at %v %%: %d,%d is %v, not pixel %d,%d", zoom*100, x, y, dst.RGBAAt(x, y), sx, sy)
				}
			}
		}
	}
}

// Below 50 % the finest pattern is an even grey at every zoom, and a slow zoom
// changes no pixel abruptly: nothing shimmers.
func TestNoShimmer(t *testing.T) {
	checks := image.NewRGBA(image.Rect(0, 0, 1024, 1024))
	for y := range 1024 {
		for x := range 1024 {
			checks.SetRGBA(x, y, color.RGBA{uint8(255 * ((x + y) & 1)), uint8(255 * ((x/2 + y) & 1)), 0, 255})
		}
	}
	var m mips
	for zoom := 0.5; zoom >= MinZoom; zoom *= 0.97 {
		v := Viewport{zoom, 0, 0}
		to := v.ToScreen(checks.Rect)
		dst := image.NewRGBA(to)
		sampled(dst, m.level(checks, zoom), to, to)
		for i := 0; i < len(dst.Pix); i += 4 {
			for c := range 2 {
				if d := int(dst.Pix[i+c]) - 128; d < -2 || d > 2 {
					t.Fatalf("at %.1f %% channel %d is %d, want 128", zoom*100, c, dst.Pix[i+c])
				}
			}
		}
	}
}

func TestMipsKeepAFew(t *testing.T) {
	var m mips
	var all []*image.RGBA
	for i := range 2 * keptPictures {
		all = append(all, speckled(64, 64, uint64(i), true))
		if got := m.level(all[i], 0.2); got.Rect.Dx() != 16 {
			t.Fatalf("%v at 20 %%", got.Rect)
		}
	}
	if len(m.of) != keptPictures || len(m.down) != keptPictures {
		t.Errorf("%d pictures kept", len(m.of))
	}
	first := m.level(all[2*keptPictures-1], 0.2)
	if m.level(all[2*keptPictures-1], 0.2) != first {
		t.Error("halved twice")
	}
	if m.level(all[0], 0.51) != all[0] || m.level(nil, 0.1) != nil {
		t.Error("halved for nothing")
	}
}
