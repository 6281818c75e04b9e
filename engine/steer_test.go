package engine

import (
	"context"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/sample"
)

func ptr[T any](v T) *T { return &v }

// half is white on the left half.
func half(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w / 2 {
			m.SetGray(x, y, color.Gray{255})
		}
	}
	return m
}

func plainColour(c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, 255
	}
	return img
}

// leftHalf is painted, the rest is transparent.
func leftHalf(c color.RGBA) *image.RGBA {
	img := plainColour(c)
	for y := range 8 {
		clear(img.Pix[img.PixOffset(4, y):img.PixOffset(8, y)])
	}
	return img
}

// samplers are all that the menus name and the pixel model can run.
func samplers(t *testing.T, m *Model) []string {
	t.Helper()
	var out []string
	for _, s := range sample.Names() {
		if _, err := lastOf(m, Request{Steps: 6, Seed: 1, Sampler: s.Name}); err == nil {
			out = append(out, s.Name)
		}
	}
	if len(out) < 12 {
		t.Fatalf("only %d samplers run: %v", len(out), out)
	}
	return out
}

func lastOf(m *Model, r Request) (Step, error) {
	var last Step
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			return last, err
		}
		last = s
	}
	return last, nil
}

// TestBranchIsExact goes on from every step of every sampler, with what was changed before and after it, and wants the
// bits of the straight run with the same changes: guidance, ancestral noise, a stroke, a graft.
func TestBranchIsExact(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samplers(t, m) {
		if testing.Short() && name == "DPM adaptive" {
			continue // hundreds of evaluations
		}
		t.Run(name, func(t *testing.T) {
			plain := Request{Steps: 6, Seed: 5, Sampler: name, Guidance: 3, ClassLabels: []int{1}}
			other := plain
			other.Seed = 77
			parent := collect(t, m, other)
			unchanged := collect(t, m, plain)
			r := plain
			r.Changes = []Change{
				{At: 1, Guidance: ptr[float32](5)},
				{At: 2, Strokes: []Stroke{{leftHalf(color.RGBA{255, 0, 0, 255}), 0.6}}},
				{At: 3, Guidance: ptr[float32](2), EtaAncestral: ptr[float32](0.5)},
				{At: 4, Grafts: []Graft{{parent[4].X, half(8, 8), 1}}},
			}
			straight := collect(t, m, r)
			if !slices.Equal(straight[1].X.Data, unchanged[1].X.Data) {
				t.Fatal("a change at step 1 counts before it")
			}
			if slices.Equal(straight[2].X.Data, unchanged[2].X.Data) {
				t.Fatal("a change at step 1 does not count after it")
			}
			if c := straight[2].Changes; len(c) != 1 || *c[0].Guidance != 5 {
				t.Errorf("step 2 says %v of what led to it", c)
			}
			want := straight[len(straight)-1].X.Data
			for at, from := range straight[:len(straight)-1] {
				again := r
				state := from.State
				again.Resume = &state
				if got, err := lastOf(m, again); err != nil || !slices.Equal(got.X.Data, want) {
					t.Errorf("going on from step %d ends elsewhere (%v)", at, err)
				}
			}
			for at, from := range unchanged[:len(unchanged)-1] { // a branch: the old path's step, new changes
				branch := plain
				branch.Changes = []Change{{At: at, Guidance: ptr[float32](6)}}
				wanted, err := lastOf(m, branch)
				if err != nil {
					t.Fatal(err)
				}
				state := from.State
				branch.Resume = &state
				if got, err := lastOf(m, branch); err != nil || !slices.Equal(got.X.Data, wanted.X.Data) {
					t.Errorf("branching at step %d is not the straight run with the same change (%v)", at, err)
				}
			}
		})
	}
}

// TestLiveChangesReplay steers from outside and makes the run again of what its steps say.
func TestLiveChangesReplay(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	r := Request{Steps: 6, Seed: 5, Sampler: "DPM++ 2M", Guidance: 3}
	r.Live = func(_ context.Context, step int) ([]Change, error) {
		switch step {
		case 2:
			return []Change{{Guidance: ptr[float32](9)}, {}}, nil
		case 4:
			return []Change{{Curve: []float32{1, 8}}}, nil
		}
		return nil, nil
	}
	live := collect(t, m, r)
	r.Live = nil
	for _, s := range live {
		r.Changes = append(r.Changes, s.Changes...)
	}
	if len(r.Changes) != 2 || r.Changes[0].At != 2 || r.Changes[1].At != 4 {
		t.Fatalf("the steps tell of %+v", r.Changes)
	}
	again := collect(t, m, r)
	for i := range live {
		if !slices.Equal(live[i].X.Data, again[i].X.Data) {
			t.Fatalf("made again it differs from step %d", i)
		}
	}
	if live[2].Guidance != 3 || live[3].Guidance != 9 || live[6].Guidance != 8 {
		t.Errorf("guidance says %g, %g, %g", live[2].Guidance, live[3].Guidance, live[6].Guidance)
	}
}

// TestStrokeColours wants red where red was painted, and the rest as it was.
func TestStrokeColours(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	for _, name := range []string{"Euler", "DDIM", "UniPC", "Heun"} {
		r := Request{Steps: 8, Seed: 5, Sampler: name}
		before := collect(t, m, r)
		for _, strength := range []float32{0, 1} {
			r.Changes = []Change{{At: 3, Strokes: []Stroke{{leftHalf(color.RGBA{255, 0, 0, 255}), strength}}}}
			after := collect(t, m, r)
			was, is := before[len(before)-1].Pictures[0], after[len(after)-1].Pictures[0]
			if strength == 0 && name != "UniPC" && !slices.Equal(was.Pix, is.Pix) {
				t.Errorf("%s: a stroke of strength 0 changes the picture", name)
			}
			if strength == 0 {
				continue
			}
			red := func(p *image.RGBA) (n int) {
				for y := range 8 {
					for x := range 4 {
						c := p.RGBAAt(x, y)
						n += int(c.R) - int(c.G)
					}
				}
				return n
			}
			if red(is) <= red(was) {
				t.Errorf("%s: %d of red where red was painted, %d before", name, red(is), red(was))
			}
			if was.RGBAAt(7, 3) != is.RGBAAt(7, 3) {
				t.Errorf("%s: the stroke reaches places that it does not cover", name)
			}
		}
	}
}

// TestMaskChanges takes another mask on the way: places that it keeps end as the picture has them.
func TestMaskChanges(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	all := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	blue := color.RGBA{0, 0, 255, 255}
	for name, first := range map[string]*image.Gray{"from another mask": all, "from none": nil} {
		r := Request{Steps: 6, Seed: 2, Sampler: "Euler", Init: plainColour(blue), Mask: first, Strength: 1, Changes: []Change{{At: 3, Mask: half(8, 8)}}}
		last, err := lastOf(m, r)
		if err != nil {
			t.Fatal(name, err)
		}
		if c := last.Pictures[0].RGBAAt(7, 4); c != blue {
			t.Errorf("%s: what the new mask keeps is %v", name, c)
		}
		r.Changes = append(r.Changes, Change{At: 4, Keep: ptr[float32](0)})
		if loose, err := lastOf(m, r); err != nil || loose.Pictures[0].RGBAAt(7, 4) == blue {
			t.Errorf("%s: kept although nothing is held any more (%v)", name, err)
		}
	}
	r := Request{Steps: 4, Changes: []Change{{At: 1, Mask: half(8, 8)}}}
	if _, err := lastOf(m, r); err == nil || !strings.Contains(err.Error(), "picture") {
		t.Errorf("a mask without a picture: %v", err)
	}
	r = Request{Steps: 4, Init: plainColour(blue), Changes: []Change{{At: 1, Mask: half(6, 8)}}}
	if _, err := lastOf(m, r); err == nil || !strings.Contains(err.Error(), "6x8") {
		t.Errorf("a mask of another size: %v", err)
	}
}

// TestSamplerChanges goes on with another sampler over the same noise levels, in the other's scale of x: DDIM without
// noise is Euler's rule in another scale, so that the way from one to the other leads to the same place.
func TestSamplerChanges(t *testing.T) {
	m, err := New(Parts{Name: "fake", Scheduler: []byte(strings.Replace(fakeScheduler, `"clip_sample":true`, `"clip_sample":false,"timestep_spacing":"trailing"`, 1)),
		Denoiser: Part{Graph: fakeNet(), Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4,"id2label":{"0":"cat"}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Steps: 8, Seed: 5, Sampler: "DDIM"}
	whole, err := lastOf(m, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DPMSolverMultistepScheduler"} {
		r.Changes = []Change{{At: 4, Sampler: &to}}
		steps := collect(t, m, r)
		got := steps[len(steps)-1]
		for i, v := range got.X.Data {
			if d := v - whole.X.Data[i]; to == "EulerDiscreteScheduler" && (d > 0.02 || d < -0.02) {
				t.Fatalf("DDIM to %s leads to %g, DDIM to %g", to, v, whole.X.Data[i])
			}
		}
		if to != "EulerDiscreteScheduler" && slices.Equal(got.X.Data, whole.X.Data) {
			t.Errorf("DDIM to %s ends as DDIM does", to)
		}
		for _, at := range []int{2, 4, 5, 7} {
			again, state := r, steps[at].State
			again.Resume = &state
			if end, err := lastOf(m, again); err != nil || !slices.Equal(end.X.Data, got.X.Data) {
				t.Errorf("DDIM to %s, gone on with from step %d, ends elsewhere (%v)", to, at, err)
			}
		}
	}
	r.Changes = []Change{{At: 4, Sampler: ptr("Heun Karras")}}
	if _, err := lastOf(m, r); err == nil {
		t.Error("DDIM to Heun Karras, which asks elsewhere, is not refused")
	}
}

func TestImpossibleChangesAreRefused(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	nan := float32(0)
	nan /= nan
	for name, c := range map[string]Change{"before the start": {At: -1, Guidance: ptr[float32](2)}, "negative guidance": {Guidance: ptr[float32](-1)},
		"no number": {Guidance: &nan}, "half an interval": {Interval: []float32{0.5}}, "keep": {Keep: ptr[float32](2)},
		"nothing kept": {Keep: ptr[float32](0.5)}, "no ControlNet": {Control: []ControlWeight{{0, 1}}}, "a stroke without colour": {Strokes: []Stroke{{Strength: 1}}},
		"a graft of another size": {Grafts: []Graft{{X: Zeros(1, 3, 4, 4), Mask: half(8, 8), Strength: 1}}}} {
		if _, err := lastOf(m, Request{Steps: 3, Changes: []Change{c}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A prompt that a change brings is adapted to before it is encoded, also where the run continues from a state behind it.
func TestPromptsAdapt(t *testing.T) {
	m, _ := wordNet(t, 1)
	var told []string
	q := Request{Prompt: "a", Steps: 6, Syntax: true, Changes: []Change{{At: 2, Prompt: ptr("b <lora:x:0.5>")}, {At: 3, Guidance: ptr[float32](2)}, {At: 4, Prompt: ptr("c")}},
		Adapt: func(prompt string) error { told = append(told, prompt); return nil }}
	steps := collect(t, m, q)
	if !slices.Equal(told, []string{"b <lora:x:0.5>", "c"}) {
		t.Errorf("it is told of %q", told)
	}
	told, q.Resume = nil, &steps[4].State
	collect(t, m, q)
	if !slices.Equal(told, []string{"b <lora:x:0.5>", "c"}) {
		t.Errorf("going on from step 4 it is told of %q", told)
	}
}
