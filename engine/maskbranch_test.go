package engine

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

// A mask at a step of a run from noise keeps the path's own picture outside of it: of every sampler and from every step,
// to the bit whether the run goes there from noise or from the step's state, and also from a state behind it.
func TestMaskKeepsThePath(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samplers(t, m) {
		if testing.Short() && name == "DPM adaptive" {
			continue // hundreds of evaluations
		}
		t.Run(name, func(t *testing.T) {
			r := Request{Steps: 6, Seed: 5, Sampler: name, Guidance: 3, ClassLabels: []int{1}}
			parent := collect(t, m, r)
			end := parent[len(parent)-1]
			for at, from := range parent[:len(parent)-1] {
				branch := r
				branch.Changes = []Change{{At: at, Guidance: ptr[float32](9), Mask: half(8, 8), Kept: &end.X}}
				straight := collect(t, m, branch)
				last := straight[len(straight)-1]
				for i, v := range last.X.Data {
					if i%8 >= 4 && v != end.X.Data[i] {
						t.Fatalf("from step %d value %d outside of the mask is %g, was %g", at, i, v, end.X.Data[i])
					}
				}
				if at < end.Index-1 && slices.Equal(last.X.Data, end.X.Data) { // the last evaluation of PLMS follows those before alone
					t.Errorf("from step %d nothing is another under the mask", at)
				}
				for _, behind := range []Step{from, straight[min(at+2, len(straight)-2)]} {
					again := branch
					again.Resume = &behind.State
					if got, err := lastOf(m, again); err != nil || !slices.Equal(got.X.Data, last.X.Data) {
						t.Errorf("from step %d, gone on with at %d, it ends elsewhere (%v)", at, behind.Index, err)
					}
				}
			}
		})
	}
}

// A mask that comes to a run from a picture without one is the same from a state behind it.
func TestLateMaskResumes(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	r := Request{Steps: 8, Seed: 2, Sampler: "Euler a", Init: plainColour(color.RGBA{0, 0, 255, 255}), Strength: 1, Changes: []Change{{At: 3, Mask: half(8, 8)}}}
	steps := collect(t, m, r)
	for _, s := range steps[:len(steps)-1] {
		again := r
		again.Resume = &s.State
		if got, err := lastOf(m, again); err != nil || !slices.Equal(got.X.Data, steps[len(steps)-1].X.Data) {
			t.Errorf("gone on with from step %d it ends elsewhere (%v)", s.Index, err)
		}
	}
}

// A later mask of such a run keeps the same picture, without naming it again.
func TestMaskAfterAMask(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	r := Request{Steps: 6, Seed: 5, Sampler: "DDIM"}
	end, err := lastOf(m, r)
	if err != nil {
		t.Fatal(err)
	}
	small := image.NewGray(image.Rect(0, 0, 8, 8))
	small.SetGray(1, 1, color.Gray{255})
	r.Changes = []Change{{At: 2, Mask: half(8, 8), Kept: &end.X}, {At: 4, Mask: small}}
	last, err := lastOf(m, r)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range last.X.Data {
		if (i%8 != 1 || i/8%8 != 1) && v != end.X.Data[i] {
			t.Fatalf("value %d outside of the later mask is %g, was %g", i, v, end.X.Data[i])
		}
	}
	if c := (Change{Mask: half(8, 8), Kept: &end.X}).With(Change{Mask: small}); c.Kept != nil || c.Mask != small {
		t.Error("a mask in place of another keeps what the other kept")
	}
}

func TestKeptIsChecked(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	x := Zeros(1, 3, 8, 8)
	for name, c := range map[string]Change{
		"without a mask": {Guidance: ptr[float32](2), Kept: &x}, "of no shape": {Mask: half(8, 8), Kept: &Tensor{Data: x.Data}},
		"of another shape": {Mask: half(8, 8), Kept: &Tensor{Shape: []int{1, 3, 8, 9}, Data: x.Data}}, "negative": {Mask: half(8, 8), Kept: &Tensor{Shape: []int{-1, -3, 8, 8}, Data: x.Data}},
		"of other channels": {Mask: half(8, 8), Kept: &Tensor{Shape: []int{1, 4, 4, 4}, Data: x.Data[:64]}},
	} {
		if _, err := lastOf(m, Request{Steps: 3, Changes: []Change{c}}); err == nil || !strings.Contains(err.Error(), "kept") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A picture made in stages keeps its own picture outside of a mask too, resized where the stage is smaller.
func TestMaskKeepsStages(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	r := Request{Width: 32, Height: 24, Steps: 10, Seed: 3, ClassLabels: []int{1}}
	end, err := lastOf(m, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{3, 11} {
		branch := r
		branch.Changes = []Change{{At: at, Mask: half(32, 24), Kept: &end.X}}
		steps := collect(t, m, branch)
		last := steps[len(steps)-1]
		for i, v := range last.X.Data {
			if i%32 >= 16 && v != end.X.Data[i] {
				t.Fatalf("from step %d value %d outside of the mask is %g, was %g", at, i, v, end.X.Data[i])
			}
		}
		for _, i := range []int{at, at + 1, 11, len(steps) - 2} {
			again := branch
			again.Resume = &steps[i].State
			if got, err := lastOf(m, again); err != nil || !slices.Equal(got.X.Data, last.X.Data) {
				t.Errorf("from step %d, gone on with at %d, it ends elsewhere (%v)", at, i, err)
			}
		}
	}
}
