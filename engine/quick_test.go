package engine

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// keeping is a network that notes its calls, as one that can reuse its inner layers.
type keeping struct {
	*fakeGraph
	asked []string
}

func (k *keeping) RunReusing(ctx context.Context, in map[string]Tensor, row string, fresh bool) ([]Tensor, error) {
	k.asked = append(k.asked, fmt.Sprint(row, " ", fresh))
	return k.fakeGraph.Run(ctx, in)
}

func quickModel(t *testing.T, g Graph, oneCall bool) *Model {
	t.Helper()
	m, err := New(Parts{Name: "fake", Scheduler: []byte(fakeScheduler), OneCall: oneCall,
		Denoiser: Part{Graph: g, Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4,"id2label":{"0":"cat","1":"dog","2":"fish"}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// One call for both rows gives what two calls give, in half the calls.
func TestOneCall(t *testing.T) {
	r := Request{Steps: 5, Seed: 1, Guidance: 4, ClassLabels: []int{1, 2}}
	two, one := fakeNet(), fakeNet()
	a, b := collect(t, quickModel(t, two, false), r), collect(t, quickModel(t, one, true), r)
	if two.calls != 10 || one.calls != 5 {
		t.Errorf("%d and %d calls", two.calls, one.calls)
	}
	for i := range a {
		if !slices.Equal(a[i].X.Data, b[i].X.Data) {
			t.Fatalf("step %d differs", i)
		}
	}
	r.GuidanceFrom, r.GuidanceUntil = 0.5, 1
	one.calls = 0
	collect(t, quickModel(t, one, true), r)
	two.calls = 0
	collect(t, quickModel(t, two, false), r)
	if one.calls != 5 || two.calls != 7 {
		t.Errorf("outside the interval the second row is asked: %d and %d calls", one.calls, two.calls)
	}
}

// The first prediction is shown after one call, with x_T beside it; the run goes on as without.
func TestEarly(t *testing.T) {
	g := fakeNet()
	m := quickModel(t, g, false)
	r := Request{Steps: 4, Seed: 1, Guidance: 4, ClassLabels: []int{1}, Sampler: "Euler a"}
	want := collect(t, m, r)
	r.Early = true
	g.calls = 0
	var steps []Step
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
		if len(steps) == 2 && (g.calls != 1 || s.Index != 0 || s.X0.Data == nil || !slices.Equal(s.X.Data, steps[0].X.Data)) {
			t.Errorf("after %d calls step %d came", g.calls, s.Index)
		}
	}
	if len(steps) != len(want)+1 {
		t.Fatalf("%d steps instead of %d", len(steps), len(want)+1)
	}
	for i := range want {
		got := steps[i+min(i, 1)]
		if !slices.Equal(got.X.Data, want[i].X.Data) {
			t.Errorf("step %d differs from a run without", i)
		}
	}
	g.calls = 0
	for s := range m.Generate(context.Background(), r) {
		if s.X0.Data != nil {
			break // leaving at the early step asks the network no more
		}
	}
	if g.calls != 1 {
		t.Errorf("%d calls after leaving", g.calls)
	}
}

// With DeepCache every n-th step is computed in full, row by row; other runs never reuse.
func TestDeepCache(t *testing.T) {
	k := &keeping{fakeGraph: fakeNet()}
	m := quickModel(t, k, false)
	r := Request{Steps: 3, Seed: 1, Guidance: 4, ClassLabels: []int{1}}
	collect(t, m, r)
	if len(k.asked) != 0 {
		t.Errorf("without DeepCache: %v", k.asked)
	}
	r.DeepCache = 2
	collect(t, m, r)
	if want := []string{"prompt true", "negative true", "prompt false", "negative false", "prompt true", "negative true"}; !slices.Equal(k.asked, want) {
		t.Errorf("asked %v", k.asked)
	}
}

// instant is a model of so many latent pixels a side whose network answers at once.
func instant(t testing.TB, side int) *Model {
	t.Helper()
	answers := [2]Tensor{Zeros(1, 4, side, side), Zeros(1, 4, side, side)}
	g := &fakeGraph{
		in:  []Port{{Name: "sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}, {Name: "timestep", Type: "int64", Shape: []int{-1}}, {Name: "class_labels", Type: "int64", Shape: []int{-1}}},
		out: []Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}},
	}
	out := []Tensor{{}}
	g.run = func(context.Context, map[string]Tensor) ([]Tensor, error) {
		out[0] = answers[g.calls%2]
		return out, nil
	}
	m, err := New(Parts{Name: "fake", Scheduler: []byte(`{"_class_name":"DDIMScheduler","beta_schedule":"scaled_linear","beta_start":0.00085,"beta_end":0.012,"clip_sample":false}`), Previews: make([]float32, 15),
		Decoder:  Part{Graph: &fakeGraph{in: []Port{{Name: "latent_sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}}}, Name: "vae_decoder"},
		Denoiser: Part{Graph: g, Name: "unet", Config: fmt.Appendf(nil, `{"sample_size":%d,"in_channels":4,"num_class_embeds":4,"id2label":{"0":"cat","1":"dog","2":"fish"}}`, side)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The run itself keeps nothing of the steps behind it: a leaked vector would be 64 KB a step.
func TestHeapDoesNotGrow(t *testing.T) {
	m := instant(t, 64)
	held := func() int64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	for _, sampler := range []string{"", "DPM++ 2M", "Euler a"} {
		var before, after int64
		for s, err := range m.Generate(context.Background(), Request{Steps: 400, Guidance: 4, ClassLabels: []int{1}, KeepLatents: true, Sampler: sampler}) {
			if err != nil {
				t.Fatal(err)
			}
			switch s.Index {
			case 50:
				before = held()
			case 350:
				after = held()
			}
		}
		if grown := after - before; before == 0 || grown > 300*8<<10 {
			t.Errorf("%q: 300 steps took %d KB of memory and kept it", sampler, grown>>10)
		}
	}
}

// BenchmarkStep is what a step costs beside the network, with guidance, preview included: a fake network answers at once.
func BenchmarkStep(b *testing.B) {
	for px, side := range map[string]int{"512px": 64, "128px": 16} {
		b.Run(px, func(b *testing.B) {
			m := instant(b, side)
			b.ReportAllocs()
			left := b.N
			for left > 0 {
				for s, err := range m.Generate(context.Background(), Request{Steps: 500, Guidance: 4, ClassLabels: []int{1}, KeepLatents: true}) {
					if err != nil {
						b.Fatal(err)
					}
					s.Predicted(0)
					if left--; left <= 0 {
						break
					}
				}
			}
		})
	}
}
