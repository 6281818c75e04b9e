package recipe

import (
	"image"
	"math/rand/v2"
	"reflect"
	"testing"

	"nirvana/engine"
)

func TestTrail(t *testing.T) {
	step := func(i int, v, guidance float32) engine.Step {
		return engine.Step{Index: i, Of: 2, X: engine.Tensor{Shape: []int{1}, Data: []float32{v}}, Guidance: guidance}
	}
	var a, b Trail
	for _, s := range []engine.Step{step(0, 1, 0), step(1, 2, 7), step(2, 3, 5)} {
		a.Add(s)
	}
	for _, s := range []engine.Step{step(0, 1, 0), step(1, 9, 7), step(1, 2, 7), step(2, 3, 5), step(2, 3, 0)} { // a preview first, and again with pictures
		b.Add(s)
	}
	if !reflect.DeepEqual(a.Hashes, b.Hashes) || !reflect.DeepEqual(a.Scales, []float32{7, 5}) || !reflect.DeepEqual(a.Scales, b.Scales) || len(a.Hashes) != 3 {
		t.Errorf("%+v\n%+v", a, b)
	}
	if want := "e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c"; b.Hashes[0] != want { // printf "\x00\x00\x80\x3f" | sha256sum
		t.Errorf("1.0 has the hash %s, want %s", b.Hashes[0], want)
	}
}

func TestMask(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 300, 200))
	for i := 5000; i < 30000; i++ {
		m.Pix[i] = uint8(i)
	}
	r := full
	if err := r.SetMask(m); err != nil {
		t.Fatal(err)
	}
	file, err := Embed(plainPNG(t), r)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(file)
	if err != nil || !reflect.DeepEqual(f.Recipe, r) {
		t.Fatalf("%v\n%+v", err, f.Recipe)
	}
	if got, err := f.Recipe.MaskPicture(); err != nil || !reflect.DeepEqual(got, m) {
		t.Error("the mask is another", err)
	}
	for _, damage := range []func(*Recipe){func(r *Recipe) { r.Mask = r.Mask[:len(r.Mask)/2] }, func(r *Recipe) { r.MaskHash = "00" }, func(r *Recipe) { r.Mask = plainPNG(t) }} {
		d := r
		damage(&d)
		if _, err := d.MaskPicture(); err == nil {
			t.Error("a damaged mask was read")
		}
	}
	noise := image.NewGray(image.Rect(0, 0, 1000, 1000))
	random := rand.New(rand.NewPCG(1, 1))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.Uint32())
	}
	if err := r.SetMask(noise); err != nil || r.Mask != nil || r.MaskHash == "" {
		t.Errorf("a mask of %d bytes was put into a recipe (%v)", len(r.Mask), err)
	}
	if got, err := r.MaskPicture(); got != nil || err != nil {
		t.Error(got, err)
	}
}

// Every field that Same leaves out exists in Recipe, and has a reason.
func TestUnaskedAreFields(t *testing.T) {
	of := reflect.TypeOf(Recipe{})
	for name, reason := range notCompared {
		if _, ok := of.FieldByName(name); !ok || reason == "" {
			t.Errorf("%s is no field of a recipe, or without a reason: %q", name, reason)
		}
	}
	a, b := Recipe{}, Recipe{}
	if b.Eta = 0.5; Same(a, b) {
		t.Error("another eta is the same")
	}
	if a.Eta, b.ClipSkip = 0.5, 2; Same(a, b) {
		t.Error("another clip skip is the same")
	}
}
