package engine

import (
	"image"
	"math"
	"runtime/debug"
	"testing"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/vae"
)

// A long and low picture beside a high one would take more memory than there is: it is refused before it is made.
func TestStitchedAsksForMemory(t *testing.T) {
	first := image.NewRGBA(image.Rect(0, 0, 64, 64))
	if img, err := stitched([]*image.RGBA{first, image.NewRGBA(image.Rect(0, 0, 30, 10))}); err != nil || img.Rect != image.Rect(0, 0, 64+192, 64) {
		t.Fatalf("%v, %v", img, err)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	debug.SetMemoryLimit(1 << 30)
	if _, err := stitched([]*image.RGBA{first, image.NewRGBA(image.Rect(0, 0, 60000, 1))}); fault.Of(err) != fault.Memory {
		t.Errorf("%v", err)
	}
}

// The picture under the frame is seen in its pipeline's size where diffusers would see it so, and where x_t lies wherever
// something has to stay in its place.
func TestOwnPictureIsFitted(t *testing.T) {
	img := func(w, h int) *image.RGBA { return image.NewRGBA(image.Rect(0, 0, w, h)) }
	seen := family.References{Fit: func(of image.Point, unit int) (image.Point, image.Point) { return of, of }}
	klein := family.Traits{Layout: family.Planes{}, References: seen}
	kontext := family.Traits{Layout: family.Packed{}, References: seen, SeesPicture: true}
	mask := image.NewGray(image.Rect(0, 0, 1300, 900))
	for name, c := range map[string]struct {
		traits family.Traits
		q      Request
		want   bool
	}{
		"none":                     {klein, Request{Width: 1024, Height: 1024, Strength: 1}, false},
		"klein, large":             {klein, Request{Init: img(1300, 900), Width: 1024, Height: 768, Strength: 1}, true},
		"klein, small":             {klein, Request{Init: img(512, 512), Width: 512, Height: 512, Strength: 1}, false},
		"klein, of its own size":   {klein, Request{Init: img(84, 67), Width: 80, Height: 64, Strength: 1}, true},
		"klein, in tiles":          {klein, Request{Init: img(1232, 832), Width: 1232, Height: 832, Strength: 1}, true},
		"klein, noised":            {klein, Request{Init: img(1300, 900), Width: 1024, Height: 768, Strength: 0.6}, false},
		"klein, under a mask":      {klein, Request{Init: img(1300, 900), Mask: mask, Width: 1024, Height: 768, Strength: 1}, false},
		"klein, in windows":        {klein, Request{Init: img(1300, 900), Width: 1296, Height: 896, Window: 512, Strength: 1}, false},
		"klein, later":             {klein, Request{Init: img(1300, 900), Width: 1024, Height: 768, Strength: 1, later: true}, false},
		"Kontext, large":           {kontext, Request{Init: img(1300, 900), Width: 512, Height: 512, Strength: 1}, true},
		"Kontext, a large frame":   {kontext, Request{Init: img(800, 600), Width: 1600, Height: 1200, Strength: 1}, true},
		"Kontext, a megapixel":     {kontext, Request{Init: img(1024, 1024), Width: 1024, Height: 1024, Strength: 1}, false},
		"Kontext, under a mask":    {kontext, Request{Init: img(1300, 900), Mask: mask, Width: 1296, Height: 896, Strength: 1}, false},
		"Stable Diffusion, large":  {family.Traits{Layout: family.Planes{}}, Request{Init: img(1300, 900), Width: 1296, Height: 896, Strength: 1}, false},
		"InstructPix2Pix, seen so": {family.Traits{Layout: family.Planes{}, SeesPicture: true}, Request{Init: img(1300, 900), Width: 1296, Height: 896}, false},
	} {
		q := c.q
		p := &plan{model: &Model{traits: c.traits, config: family.Config{Width: 1024, Height: 1024, Multiple: 16}, vae: &vae.VAE{Config: vae.Config{Scale: 8, Width: 1024, Height: 1024},
			Encoder: Part{Graph: &fakeGraph{in: []Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}}}}, Decoder: Part{Graph: &fakeGraph{}}}}, request: q, width: q.Width / 8, height: q.Height / 8}
		if got := p.fitted(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
