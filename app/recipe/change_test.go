package recipe

import (
	"errors"
	"image"
	"image/color"
	"reflect"
	"strings"
	"testing"

	"nirvana/engine"
)

func changed() engine.Change {
	text, number := "a fox", float32(0.5)
	mask := image.NewGray(image.Rect(0, 0, 4, 4))
	mask.SetGray(1, 1, color.Gray{200})
	stroke := image.NewRGBA(image.Rect(0, 0, 4, 4))
	for a := range 16 { // premultiplied colours must come back exactly, whatever their opacity
		stroke.SetRGBA(a%4, a/4, color.RGBA{uint8(13 * a), uint8(7 * a), uint8(a), uint8(13*a + 5)})
	}
	stroke.SetRGBA(0, 0, color.RGBA{255, 0, 0, 255})
	return engine.Change{At: 3, Prompt: &text, Negative: &text, Guidance: &number, Curve: []float32{1, 2}, Interval: []float32{0, 1}, Rescale: &number, ImageGuidance: &number,
		TrueGuidance: &number, Eta: &number, EtaAncestral: &number, Sampler: &text, Control: []engine.ControlWeight{{Net: 1, Weight: 0.5}}, Mask: mask, Keep: &number, Kept: &engine.Tensor{Shape: []int{1, 1, 1, 2}, Data: []float32{3, 4}},
		Strokes: []engine.Stroke{{Picture: stroke, Strength: 0.5}}, Grafts: []engine.Graft{{X: engine.Tensor{Shape: []int{1, 1, 1, 2}, Data: []float32{1, 2}}, Mask: mask, Strength: 1}}}
}

// Every field of a change is read back from a recipe's JSON, with its pixels included or given separately.
func TestChangesRoundTrip(t *testing.T) {
	c := changed()
	for v, i := reflect.ValueOf(c), 0; i < v.NumField(); i++ {
		if v.Type().Field(i).IsExported() && v.Field(i).IsZero() {
			t.Fatalf("%s is not set in this test", v.Type().Field(i).Name)
		}
	}
	parent, kept := &Recipe{Prompt: "of the graft", Seed: 7}, &Recipe{Prompt: "of what is kept", Hashes: []string{"x", "y", c.Kept.SHA256()}}
	for _, carried := range []bool{true, false} {
		var r Recipe
		if err := r.SetChanges([]engine.Change{c}, carried, map[string]*Recipe{c.Grafts[0].X.SHA256(): parent, c.Kept.SHA256(): kept}); err != nil {
			t.Fatal(err)
		}
		js, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(js)
		if err != nil || len(back.Changes) != 1 || !Same(r, back) {
			t.Fatalf("%v: %s", err, js)
		}
		graft := func(g Source) (engine.Tensor, error) {
			if g.X == c.Kept.SHA256() && g.Parent.Prompt == kept.Prompt && g.Step == 2 {
				return *c.Kept, nil
			}
			if g.Parent.Prompt != parent.Prompt || g.Step != 3 || g.X != c.Grafts[0].X.SHA256() {
				t.Errorf("a graft of %+v", g)
			}
			return c.Grafts[0].X, nil
		}
		_, err = back.Changes[0].Request(nil, graft)
		if carried == errors.Is(err, ErrPixels) {
			t.Errorf("pixels carried %v: %v", carried, err)
		}
		got, err := back.Changes[0].Request([]*image.RGBA{c.Strokes[0].Picture}, graft)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, c)
		}
	}
}

// Two runs with the same changes are the same, whether or not the recipe includes the pixels.
func TestSameLooksAtChanges(t *testing.T) {
	var a, b, none Recipe
	c := changed()
	if err := errors.Join(a.SetChanges([]engine.Change{c}, true, nil), b.SetChanges([]engine.Change{c}, false, nil)); err != nil {
		t.Fatal(err)
	}
	if !Same(a, b) || Same(a, none) {
		t.Error("carried pixels make a difference, or changes do not")
	}
	c.Strokes[0].Strength = 0.25
	if err := b.SetChanges([]engine.Change{c}, false, nil); err != nil || Same(a, b) {
		t.Errorf("another strength is the same (%v)", err)
	}
}

// Changes that no run could have had are refused on reading.
func TestDamagedChanges(t *testing.T) {
	deep := `{"prompt":"x"}`
	for range mostParents + 2 {
		deep = `{"changes":[{"at":1,"grafts":[{"mask":{"sha256":"` + strings.Repeat("0", 64) + `"},"strength":1,"parent":` + deep + `}]}]}`
	}
	for name, js := range map[string]string{"kept without a mask": `{"changes":[{"at":1,"kept":{"x_0_sha256":"x"}}]}`, "a step before the first": `{"changes":[{"at":-1}]}`, "guidance": `{"changes":[{"at":1,"guidance_scale":-3}]}`, "a stroke's strength": `{"changes":[{"at":1,"strokes":[{"strength":7}]}]}`,
		"no hash": `{"changes":[{"at":1,"strokes":[{"strength":1,"picture":{"sha256":"x"}}]}]}`, "parents within parents": deep} {
		if _, err := Parse([]byte(js)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var nest Recipe
	for range mostParents + 4 { // parents that lie too deep are left out: the recipe can be read again
		c, above := changed(), nest
		nest = Recipe{Prompt: "a child"}
		if err := nest.SetChanges([]engine.Change{c}, true, map[string]*Recipe{c.Kept.SHA256(): &above}); err != nil {
			t.Fatal(err)
		}
	}
	if js, err := nest.JSON(); err != nil {
		t.Error(err)
	} else if _, err := Parse(js); err != nil {
		t.Errorf("what was written cannot be read: %v", err)
	}
	r, err := Parse([]byte(`{"changes":[{"at":1,"mask":{"sha256":"` + strings.Repeat("0", 64) + `","png":"AAAA"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Changes[0].Request(nil, nil); err == nil {
		t.Error("a damaged mask is taken")
	}
}
