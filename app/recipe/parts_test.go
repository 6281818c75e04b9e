package recipe

import (
	"image"
	"testing"
)

// What an enlargement came to is noted, and is compared with another of the same upscaler, factor and refinement.
func TestEnlarged(t *testing.T) {
	of, large := image.NewRGBA(image.Rect(0, 0, 6, 4)), image.NewRGBA(image.Rect(0, 0, 12, 8))
	made := image.NewRGBA(large.Rect)
	made.Pix[0] = 1
	noted := func(u Upscale, made *image.RGBA) Recipe { return Recipe{Upscale: u.From(of, large, made)} }
	first := noted(Upscale{Upscaler: `C:\upscalers\Soft.pth`, Refine: 0.5}, made)
	if u := first.Upscale; u.Factor != 2 || u.Of != Hash(of.Rect, of.Pix) || u.Made != Hash(made.Rect, made.Pix) || first.Before() != u.Of || first.Enlarges() {
		t.Fatalf("%+v", u)
	}
	for name, c := range map[string]struct {
		other    Recipe
		same, ok bool
	}{
		"elsewhere":          {noted(Upscale{Upscaler: "/home/soft.safetensors", Factor: 2, Refine: 0.5}, made), true, true},
		"another picture":    {noted(Upscale{Upscaler: "soft.pth", Refine: 0.5}, large), false, true},
		"another refinement": {noted(Upscale{Upscaler: "soft.pth"}, made), false, false},
		"another factor":     {noted(Upscale{Upscaler: "soft.pth", Factor: 3, Refine: 0.5}, made), false, false},
		"another upscaler":   {noted(Upscale{Upscaler: "hard.pth", Refine: 0.5}, made), false, false},
		"without hashes":     {Recipe{Upscale: &Upscale{Upscaler: "soft.pth", Factor: 2, Refine: 0.5}}, false, false},
		"not enlarged":       {Recipe{}, false, false},
	} {
		if same, ok := CompareEnlarged(first, c.other); same != c.same || ok != c.ok {
			t.Errorf("%s: %v, %v", name, same, ok)
		}
	}
}

// The picture before is told by recipes of either kind, and only by what is its hash.
func TestBefore(t *testing.T) {
	pictures := map[string]string{"init": "i"}
	for want, r := range map[string]Recipe{
		"a": {Mode: Upscaled, Upscale: &Upscale{Of: "a"}, Pictures: pictures},
		"i": {Mode: Upscaled, Upscale: &Upscale{}, Pictures: pictures},
		"k": {Mode: Upscaled, Pictures: map[string]string{"init": "k"}},
		"":  {Mode: "image to image", Upscale: &Upscale{}, Pictures: pictures},
	} {
		if got := r.Before(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	r, err := Parse([]byte(`{"mode":"text to image","strength":0.75,"upscale":{"upscaler":"soft.pth","factor":2}}`))
	if err != nil || r.Strength != 0 {
		t.Errorf("a picture of text alone has a strength of %g (%v)", r.Strength, err)
	}
}
