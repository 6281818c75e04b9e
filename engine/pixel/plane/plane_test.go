package plane

import (
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// noise is a picture of any pixels, with some that are transparent.
func noise(r *rand.Rand, rect image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(rect)
	for i := range out.Pix {
		out.Pix[i] = uint8(r.IntN(256))
	}
	for i := 3; i < len(out.Pix); i += 4 {
		if r.IntN(4) == 0 {
			out.Pix[i] = 0
		}
	}
	return out
}

// A plane gives back what was put into it, also left of and above 0,0, and is transparent around.
func TestBack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, at := range []image.Point{{}, {-300, -1}, {255, 256}, {-256, 511}} {
		img := noise(r, image.Rect(5, 7, 5+413, 7+270))
		p := Of(img, at)
		for range 3000 {
			x, y := r.IntN(430)-8, r.IntN(290)-8
			want := color.NRGBA{}
			if q := image.Pt(x+5, y+7); q.In(img.Rect) {
				want = img.NRGBAAt(q.X, q.Y)
			}
			if got := p.At(at.X+x, at.Y+y); got != want {
				t.Fatalf("at %v: %d,%d is %v, not %v", at, x, y, got, want)
			}
		}
		whole := p.Picture(image.Rectangle{Min: at, Max: at.Add(img.Rect.Size())})
		if string(whole.Pix) != string(img.Pix) {
			t.Errorf("at %v: the picture is another", at)
		}
		moved := p.Moved(image.Pt(-17, 301)).Picture(image.Rectangle{Min: at, Max: at.Add(img.Rect.Size())}.Add(image.Pt(-17, 301)))
		if string(moved.Pix) != string(img.Pix) {
			t.Errorf("at %v: moved, the picture is another", at)
		}
	}
}

// Premultiplied pictures come through straight colour as they were.
func TestPremultipliedAndBack(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for a := range 256 {
		for c := range 256 {
			img.SetRGBA(c, a, color.RGBA{uint8(min(c, a)), uint8(a / 2), 0, uint8(a)})
		}
	}
	p := Of(img, image.Point{})
	for a := range 256 {
		for c := range 256 {
			n, want := p.At(c, a), img.RGBAAt(c, a)
			for i, v := range [3]uint8{n.R, n.G, n.B} {
				if got := uint8((int(v)*a + 127) / 255); got != [3]uint8{want.R, want.G, want.B}[i] {
					t.Fatalf("alpha %d: %v is %v", a, n, want)
				}
			}
		}
	}
}

// A change copies only what it touches, leaves the plane of before alone, and lets empty tiles go.
func TestCopyOnWrite(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	p := Of(noise(r, image.Rect(0, 0, 4*Side, 4*Side)), image.Point{})
	was := p.Picture(image.Rect(0, 0, 4*Side, 4*Side))
	e := p.Edit()
	e.Put(image.NewUniform(color.NRGBA{1, 2, 3, 255}), image.Rect(Side+10, 10, Side+20, 20))
	e.Clear(image.Rect(0, Side, Side, 2*Side))
	e.Tile(image.Pt(3, 3)) // looked at and left as it was
	q := e.Done()
	if now := p.Picture(image.Rect(0, 0, 4*Side, 4*Side)); string(now.Pix) != string(was.Pix) {
		t.Fatal("the plane of before changed")
	}
	if n := q.Bytes(p); n != 4*Side*Side {
		t.Errorf("the change holds %d bytes of its own, want one tile", n)
	}
	if q.Tile(image.Pt(0, 1)) != nil || q.At(Side+15, 15) != (color.NRGBA{1, 2, 3, 255}) {
		t.Error("the change is not what was done")
	}
	if q.Bounds() != image.Rect(0, 0, 4*Side, 4*Side) || q.Cropped(image.Rect(7, 9, 300, 100)).Bounds().In(image.Rect(7, 9, 300, 100)) == false {
		t.Error("bounds", q.Bounds())
	}
	if !p.Same(p.Edit().Done()) || p.Same(q) {
		t.Error("Same")
	}
}
