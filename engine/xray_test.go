package engine

import (
	"context"
	"image/color"
	"math"
	"testing"
)

// lookInto is XRay at the i-th step of a run.
func lookInto(t *testing.T, m *Model, r Request, steps []Step, words bool) XRay {
	t.Helper()
	x, err := m.XRay(context.Background(), r, steps, words)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// At every step of every sampler, with the states of every fifth step alone, what is seen is what the run did next: guidance
// between the two predictions is its next x_0.
func TestXRayIsTheNextEvaluation(t *testing.T) {
	m, err := New(Parts{Name: "fake", Scheduler: []byte(`{"_class_name":"DDPMScheduler","beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_train_timesteps":1000,"clip_sample":false}`),
		Denoiser: Part{Graph: fakeNet(), Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4,"id2label":{"0":"cat","1":"dog","2":"fish"}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	const g = 3
	for _, name := range samplers(t, m) {
		t.Run(name, func(t *testing.T) {
			r := Request{Steps: 6, Seed: 5, Sampler: name, Guidance: g, ClassLabels: []int{1}, Changes: []Change{{At: 3, Strokes: []Stroke{{Picture: leftHalf(color.RGBA{255, 0, 0, 255}), Strength: 0.3}}}}}
			steps := collect(t, m, r)
			for i := range steps {
				if i%5 != 0 {
					steps[i].State = State{}
				}
			}
			for i := range len(steps) - 1 {
				x := lookInto(t, m, r, steps[:i+1], false)
				if x.Without.X0.Data == nil {
					t.Fatal("there is no prediction without the class")
				}
				next := steps[i+1].X0.Data
				for k, c := range x.With.X0.Data {
					u := x.Without.X0.Data[k]
					if d := math.Abs(float64(u + g*(c-u) - next[k])); d > 2e-3*(1+math.Abs(float64(next[k]))) {
						t.Fatalf("step %d: guidance between %g and %g is not %g", i, c, u, next[k])
					}
				}
				if d := x.Difference[9]; d <= 0 || len(x.Difference) != 64 {
					t.Fatalf("the difference is %v", x.Difference)
				}
			}
			if _, err := m.XRay(context.Background(), r, steps, false); err == nil {
				t.Error("something follows the last step")
			}
		})
	}
}

// The shares at a place sum to 1 over the words.
func TestXRayShares(t *testing.T) {
	x := XRay{Width: 2, Height: 1, Words: []AttendedWord{{"red", []float32{0.1, 0}}, {"heart", []float32{0.3, 0}}}}
	if s := x.At(0, 0); s[0] != 0.25 || s[1] != 0.75 {
		t.Errorf("the shares are %v", s)
	}
	if s := x.At(1, 0); s[0] != 0.5 || s[1] != 0.5 {
		t.Errorf("where nothing acts the shares are %v", s)
	}
}
