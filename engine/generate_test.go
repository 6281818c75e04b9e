package engine

import (
	"context"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

func collect(t *testing.T, m *Model, r Request) []Step {
	t.Helper()
	var steps []Step
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	return steps
}

func TestGenerateYieldsEveryStepAndThePicture(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	steps := collect(t, m, Request{Steps: 6, Seed: 3})
	if len(steps) != 7 {
		t.Fatalf("%d steps yielded, want x_T and 6", len(steps))
	}
	for i, s := range steps {
		if s.Index != i || s.Of != 6 {
			t.Errorf("step %d says %d of %d", i, s.Index, s.Of)
		}
		if p := s.Predicted(0); p.Rect.Dx() != 8 || p.Pix[3] != 255 {
			t.Errorf("step %d: preview %v is not an opaque 8x8 picture", i, p.Rect)
		}
	}
	if last := steps[6]; len(last.Pictures) != 1 || last.Pictures[0].Rect.Dx() != 8 {
		t.Error("the last step has no 8x8 picture")
	}
	if steps[0].X0.Data != nil || steps[1].X0.Data == nil {
		t.Error("x_0 is predicted from the first evaluation on, not before")
	}
}

func TestSameSeedSamePicture(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	a := collect(t, m, Request{Steps: 4, Seed: 9, Sampler: "Euler a"})
	b := collect(t, m, Request{Steps: 4, Seed: 9, Sampler: "Euler a"})
	c := collect(t, m, Request{Steps: 4, Seed: 10, Sampler: "Euler a"})
	last := func(s []Step) []byte { return s[len(s)-1].Pictures[0].Pix }
	if !slices.Equal(last(a), last(b)) {
		t.Error("the same seed made two pictures")
	}
	if slices.Equal(last(a), last(c)) {
		t.Error("two seeds made the same picture")
	}
}

func TestResumeIsBitIdentical(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	for _, sampler := range []string{"DDPM", "Euler a", "DPM++ 2M", "Heun"} {
		r := Request{Steps: 6, Seed: 5, Sampler: sampler, Guidance: 3}
		whole := collect(t, m, r)
		for _, at := range []int{1, 3} {
			st := whole[at].State
			r.Resume = &st
			rest := collect(t, m, r)
			got, want := rest[len(rest)-1].X.Data, whole[len(whole)-1].X.Data
			if !slices.Equal(got, want) {
				t.Errorf("%s resumed after step %d ends elsewhere", sampler, at)
			}
			if rest[0].Index != at {
				t.Errorf("%s resumed at %d, want %d", sampler, rest[0].Index, at)
			}
		}
	}
}

func TestLeavingTheLoopAsksNoMore(t *testing.T) {
	g := fakeNet()
	m, _ := fakePixelModel(g)
	for s, err := range m.Generate(context.Background(), Request{Steps: 10, Guidance: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Index == 3 {
			break
		}
	}
	if g.calls != 3 {
		t.Errorf("%d calls of the network, want 3", g.calls)
	}
}

func TestCancelIsTheContextsError(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	for s, err := range m.Generate(ctx, Request{Steps: 10}) {
		if s.Index == 2 {
			cancel()
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a cancelled run ended with %v", last)
	}
}

func TestGuidanceOfOneAsksOnce(t *testing.T) {
	g := fakeNet()
	m, _ := fakePixelModel(g)
	for _, c := range []struct {
		guidance float32
		calls    int
	}{{1, 4}, {3, 8}} {
		g.calls = 0
		collect(t, m, Request{Steps: 4, Guidance: c.guidance})
		if g.calls != c.calls {
			t.Errorf("guidance %g: %d calls, want %d", c.guidance, g.calls, c.calls)
		}
	}
}

func TestRequestsThatCannotRun(t *testing.T) {
	m, _ := fakePixelModel(fakeNet())
	for name, c := range map[string]struct {
		r    Request
		says string
	}{
		"steps":   {Request{Steps: -1}, "steps"},
		"class":   {Request{Steps: 2, ClassLabels: []int{7}}, "class 7"},
		"sampler": {Request{Steps: 2, Sampler: "No Such"}, "No Such"},
		"rng":     {Request{Steps: 2, RNG: "dice"}, "dice"},
		"size":    {Request{Steps: 2, Width: 9000, Height: 8}, "larger than"},
		"seeds":   {Request{Steps: 2, Count: 3, Seeds: []uint64{1, 2}}, "seeds"},
	} {
		var got error
		for _, err := range m.Generate(context.Background(), c.r) {
			got = err
		}
		if got == nil || !strings.Contains(got.Error(), c.says) || strings.Contains(got.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", name, got, c.says)
		}
		if kind := fault.Of(got); (name == "size") != (kind == fault.Size) || name != "size" && kind != fault.Settings {
			t.Errorf("%s: %v is of the kind %q", name, got, kind)
		}
	}
}

func TestRefusedByName(t *testing.T) {
	g := fakeNet()
	g.in = append(g.in, Port{Name: "aug_emb", Type: "float32", Shape: []int{-1, 4}})
	if _, err := fakePixelModel(g); err == nil || !strings.Contains(err.Error(), "aug_emb") {
		t.Errorf("an input that cannot be fed gave %v", err)
	}
}

// A step's vectors stay what they were when it was handed over, whatever the sampler, also where a mask keeps a part.
func TestStepsAreNeverWrittenAgain(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	init, mask := image.NewRGBA(image.Rect(0, 0, 8, 8)), image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range mask.Pix {
		init.Pix[4*i], init.Pix[4*i+3], mask.Pix[i] = uint8(9*i), 255, uint8(255*(i%2))
	}
	for _, info := range Samplers() {
		for _, r := range []Request{{}, {Init: init, Mask: mask}} {
			r.Steps, r.Seed, r.Sampler, r.Guidance, r.ClassLabels = 6, 5, info.Name, 3, []int{1}
			was := map[*float32][]float32{}
			note := func(v []float32) {
				if len(v) > 0 && was[&v[0]] == nil {
					was[&v[0]] = slices.Clone(v)
				}
			}
			steps := 0
			var vectors [][]float32
			for s, err := range m.Generate(context.Background(), r) {
				if err != nil {
					t.Fatalf("%s: %v", info.Name, err)
				}
				steps++
				for _, v := range append([][]float32{s.X.Data, s.X0.Data, s.State.Sampler.X, s.State.Sampler.X0}, s.State.Sampler.Memory...) {
					note(v)
					vectors = append(vectors, v)
				}
			}
			if steps < 4 {
				t.Errorf("%s: %d steps", info.Name, steps)
			}
			for _, v := range vectors {
				if len(v) > 0 && !slices.Equal(v, was[&v[0]]) {
					t.Errorf("%s, mask %v: what was handed over was written into", info.Name, r.Mask != nil)
					break
				}
			}
		}
	}
}
