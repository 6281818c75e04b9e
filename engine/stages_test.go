package engine

import (
	"context"
	"slices"
	"testing"
)

// A picture of four times the model's size grows from its own size; steps and
// work are counted over all stages, and any step can be gone on from, to the bit.
func TestStages(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Width: 32, Height: 24, Steps: 10, Seed: 3, Count: 2, ClassLabels: []int{1}}
	reported := 0.0
	r.Report = func(p Phase, share float64) {
		if p == Denoising && share < reported {
			t.Errorf("%v done after %v", share, reported)
		}
		reported = share
	}
	run := func(r Request) (steps []Step) {
		for s, err := range m.Generate(context.Background(), r) {
			if err != nil {
				t.Fatal(err)
			}
			steps = append(steps, s)
		}
		return steps
	}
	steps := run(r)
	var widths []int
	for i, s := range steps {
		if w := s.X.Shape[3]; !slices.Contains(widths, w) {
			widths = append(widths, w)
		}
		if s.Index != i || s.Of != len(steps)-1 || i > 0 && s.Share <= steps[i-1].Share {
			t.Errorf("step %d is called %d of %d, share %v", i, s.Index, s.Of, s.Share)
		}
	}
	last := steps[len(steps)-1]
	if !slices.Equal(widths, []int{9, 17, 32}) || last.Share != 1 || reported == 0 {
		t.Errorf("widths %v, %v done, %v told", widths, last.Share, reported)
	}
	if len(last.Pictures) != 2 || last.Pictures[1].Rect.Dx() != 32 || last.Pictures[1].Rect.Dy() != 24 {
		t.Fatalf("made %d pictures", len(last.Pictures))
	}
	for _, i := range []int{4, 10, 11, 14} {
		again := r
		again.Report, again.Resume = nil, &steps[i].State
		rest := run(again)
		if end := rest[len(rest)-1]; rest[0].Index != i || string(end.Pictures[1].Pix) != string(last.Pictures[1].Pix) {
			t.Errorf("gone on from step %d at %d, the picture is another", i, rest[0].Index)
		}
	}
	again := r
	again.Resume = &State{Stage: 9}
	for _, err := range m.Generate(context.Background(), again) {
		if err == nil {
			t.Error("a step of no stage of this request is gone on from")
		}
	}
	r.Width, r.Height = 16, 16
	if all, err := m.stages(r); len(all) != 1 || err != nil {
		t.Errorf("%d stages of a picture that the model can do at once, %v", len(all), err)
	}
}

// A run of one step grows too: each later stage takes one step, and begins from what is there, not from noise alone.
func TestStagesOfOneStep(t *testing.T) {
	for _, r := range []Request{{Steps: 1}, {Steps: 1, Sampler: "Heun"}, {Steps: 1, Sampler: "LCM"}, {Timesteps: []float32{999}}, {Steps: 2}, {Steps: 3}} {
		m, err := fakePixelModel(fakeNet())
		if err != nil {
			t.Fatal(err)
		}
		r.Width, r.Height, r.Seed, r.Guidance = 32, 32, 3, 1
		var last Step
		for s, err := range m.Generate(context.Background(), r) {
			if err != nil {
				t.Fatalf("%+v: %v", r, err)
			}
			last = s
		}
		if len(last.Pictures) != 1 || last.Pictures[0].Rect.Dx() != 32 || last.Index != last.Of {
			t.Errorf("%d steps of %q: %d pictures, step %d of %d", r.Steps, r.Sampler, len(last.Pictures), last.Index, last.Of)
		}
	}
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.stages(Request{Width: 32, Height: 32, Steps: 1})
	if err != nil || len(all) != 3 {
		t.Fatal(len(all), err)
	}
	for i, s := range all[1:] {
		if later := s.request(Request{Steps: 1}, i+1, m); later.Steps != 2 || later.Strength >= 0.6 {
			t.Errorf("stage %d: strength %v of %d steps", i+1, later.Strength, later.Steps)
		}
	}
}
