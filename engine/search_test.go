package engine

import (
	"context"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/text"
)

// fakeVerifier scores a picture by the mean of its red.
func fakeVerifier() *fakeGraph {
	return &fakeGraph{
		in:  []Port{{Name: "pixel_values", Type: "float32", Shape: []int{-1, 3, 4, 4}}},
		out: []Port{{Name: "image_embeds", Type: "float32", Shape: []int{-1, 2}}, {Name: "logits_per_image", Type: "float32", Shape: []int{-1, -1}}},
		run: func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			x := in["pixel_values"]
			out := Zeros(x.Shape[0], 1)
			for i := range out.Data {
				for _, v := range x.Row(i).Data[:16] {
					out.Data[i] += v / 16
				}
			}
			return []Tensor{Zeros(x.Shape[0], 2), out}, nil
		},
	}
}

func searchModel(t *testing.T) (*Model, *fakeGraph) {
	t.Helper()
	net := fakeNet()
	m, err := New(Parts{Name: "fake", Scheduler: []byte(fakeScheduler), Verifier: &VerifierPart{Part: Part{Graph: fakeVerifier(), Name: "verifier"}},
		Denoiser: Part{Graph: net, Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4,"id2label":{"0":"cat","1":"dog","2":"fish"}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return m, net
}

// reds are the scores of whole pictures of the seeds.
func reds(t *testing.T, m *Model, r Request, n int) ([]float32, []*image.RGBA) {
	t.Helper()
	var scores []float32
	var pictures []*image.RGBA
	for i := range n {
		one := r
		one.Seed += uint64(i)
		for s, err := range m.Generate(context.Background(), one) {
			if err != nil {
				t.Fatal(err)
			}
			if s.Pictures != nil {
				score, err := m.Score(context.Background(), r, s.Pictures[0])
				if err != nil {
					t.Fatal(err)
				}
				scores, pictures = append(scores, score[0]), append(pictures, s.Pictures[0])
			}
		}
	}
	return scores, pictures
}

// A search starts n runs, halves them thrice, and ends with the picture that its seed gives alone, with fewer evaluations
// than n whole runs. Stopped runs have what it takes to go on.
func TestSearch(t *testing.T) {
	m, net := searchModel(t)
	r := Request{Width: 8, Height: 8, Seed: 40, Steps: 20, Guidance: 1, ClassLabels: []int{1}, Sampler: "DDIM"}
	scores, pictures := reds(t, m, r, 8)
	net.calls = 0
	stopped := map[uint64]SearchStep{}
	var last SearchStep
	steps := map[int]int{}
	for s, err := range m.Search(context.Background(), r, 8) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Seed != 40+uint64(s.Run) {
			t.Errorf("run %d has seed %d", s.Run, s.Seed)
		}
		if s.Stopped {
			if !s.Scored {
				t.Errorf("run %d was stopped without a score", s.Run)
			}
			stopped[s.Seed] = s
		} else if _, over := stopped[s.Seed]; over {
			t.Errorf("run %d goes on after it was stopped", s.Run)
		}
		steps[s.Run] = max(steps[s.Run], s.Index)
		last = s
	}
	if len(last.Pictures) != 1 || last.Stopped || !last.Scored {
		t.Fatalf("the last step is %+v", last)
	}
	if !slices.Equal(last.Pictures[0].Pix, pictures[last.Run].Pix) || last.Score != scores[last.Run] {
		t.Error("the picture is not the one that its seed gives alone")
	}
	if last.Score < median(scores) {
		t.Errorf("the search chose %g of %v", last.Score, scores)
	}
	if len(stopped) != 7 {
		t.Errorf("%d runs were stopped, want 7", len(stopped))
	}
	ends := map[int]int{}
	for _, n := range steps {
		ends[n]++
	}
	if ends[4] != 4 || ends[7] != 2 || ends[10] != 1 || ends[20] != 1 {
		t.Errorf("runs ended after so many steps: %v", ends)
	}
	if want := 4*4 + 2*7 + 10 + 20; net.calls != want {
		t.Errorf("%d evaluations, want %d", net.calls, want)
	}
	for _, s := range stopped {
		again := r
		again.Seed, again.Resume = s.Seed, &s.State
		for got, err := range m.Generate(context.Background(), again) {
			if err != nil {
				t.Fatal(err)
			}
			if got.Pictures != nil && !slices.Equal(got.Pictures[0].Pix, pictures[s.Run].Pix) {
				t.Errorf("run %d, gone on with, is another picture", s.Run)
			}
		}
	}
}

func median(v []float32) float32 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// Too few steps to halve at: the pictures are compared, and the best comes last.
func TestSearchOfOneStep(t *testing.T) {
	m, _ := searchModel(t)
	r := Request{Width: 8, Height: 8, Seed: 3, Steps: 1, Guidance: 1, ClassLabels: []int{0}, Sampler: "DDIM"}
	scores, _ := reds(t, m, r, 5)
	var last SearchStep
	for s, err := range m.Search(context.Background(), r, 5) {
		if err != nil {
			t.Fatal(err)
		}
		last = s
	}
	if last.Stopped || last.Score != slices.Max(scores) {
		t.Errorf("%g, stopped %v; the best of %v", last.Score, last.Stopped, scores)
	}
}

func TestSearchRefuses(t *testing.T) {
	m, _ := searchModel(t)
	plain, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		m *Model
		r Request
		n int
	}{
		"no verifier": {plain, Request{}, 4},
		"none":        {m, Request{}, 0},
		"too many":    {m, Request{}, MaxSearch + 1},
		"a batch":     {m, Request{Count: 2}, 4},
		"from a step": {m, Request{Resume: &State{}}, 4},
	} {
		n := 0
		for _, err := range c.m.Search(context.Background(), c.r, c.n) {
			if n++; fault.Of(err) != fault.Settings {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d steps", name, n)
		}
	}
}

// Leaving the loop, and a context that ends, end every run.
func TestSearchStops(t *testing.T) {
	m, net := searchModel(t)
	r := Request{Width: 8, Height: 8, Steps: 20, Guidance: 1, ClassLabels: []int{1}, Sampler: "DDIM"}
	for s := range m.Search(context.Background(), r, 4) {
		if s.Index == 2 {
			break
		}
	}
	calls := net.calls
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range m.Search(ctx, r, 4) {
		if err != nil && err != context.Canceled {
			t.Errorf("%v", err)
		}
	}
	if net.calls > calls+4 {
		t.Errorf("%d evaluations after the end", net.calls-calls)
	}
}

func TestHalvings(t *testing.T) {
	for n, want := range map[int]int{1: 0, 2: 1, 3: 2, 4: 2, 5: 3, 8: 3, 16: 4, 64: 6} {
		cuts := halvings(n)
		if len(cuts) != want || !slices.IsSorted(cuts) || len(cuts) > 0 && cuts[len(cuts)-1] >= 1 {
			t.Errorf("%d runs: %v", n, cuts)
		}
	}
}

func TestVerifierPixels(t *testing.T) {
	v, err := newVerifier(VerifierPart{Part: Part{Graph: fakeVerifier(), Name: "verifier"},
		Preprocessor: []byte(`{"image_mean":[0.5,0.5,0.5],"image_std":[0.25,0.5,0.5],"size":{"height":9,"width":9}}`)}, &text.Encoders{})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = []uint8{255, 0, 51, 255}[i%4]
	}
	x := v.pixels([]*image.RGBA{img, img})
	if !slices.Equal(x.Shape, []int{2, 3, 4, 4}) { // the graph's side counts
		t.Fatalf("shape %v", x.Shape)
	}
	for c, want := range []float32{2, -1, -0.6} {
		if got := x.Row(1).Data[16*c+5]; math.Abs(float64(got-want)) > 1e-5 {
			t.Errorf("channel %d is %g, want %g", c, got, want)
		}
	}
	for _, broken := range []string{`{`, `[]`} {
		if _, err := newVerifier(VerifierPart{Part: Part{Graph: fakeVerifier()}, Preprocessor: []byte(broken)}, &text.Encoders{}); fault.Of(err) != fault.Incomplete {
			t.Errorf("%s: %v", broken, err)
		}
	}
	reads := fakeVerifier()
	reads.in = append(reads.in, Port{Name: "encoder_hidden_states", Type: "float32", Shape: []int{-1, -1, 6}})
	if _, err := newVerifier(VerifierPart{Part: Part{Graph: reads, Name: "verifier"}}, &text.Encoders{}); fault.Of(err) != fault.Incomplete {
		t.Errorf("one that reads prompts, without a text encoder: %v", err)
	}
	if _, err := newVerifier(VerifierPart{Part: Part{Graph: fakeNet(), Name: "verifier"}}, &text.Encoders{}); fault.Of(err) != fault.Unknown {
		t.Errorf("a network that scores nothing: %v", err)
	}
}

// What is said on the way counts for every seed alike: each is the run that Generate makes with the same change.
func TestSearchSteered(t *testing.T) {
	m, _ := searchModel(t)
	guidance := float32(4)
	r := Request{Width: 8, Height: 8, Steps: 6, Guidance: 2, Seed: 3, ClassLabels: []int{1}}
	asked := 0
	r.Live = func(_ context.Context, step int) ([]Change, error) {
		if asked++; step == 1 {
			return []Change{{Guidance: &guidance}}, nil
		}
		return nil, nil
	}
	trails := map[uint64][]Step{}
	for s, err := range m.Search(context.Background(), r, 4) {
		if err != nil {
			t.Fatal(err)
		}
		if !s.Scored {
			trails[s.Seed] = append(trails[s.Seed], s.Step)
		}
	}
	if asked != 6 {
		t.Errorf("asked %d times in 6 steps", asked)
	}
	for seed, trail := range trails {
		one := r
		one.Seed, one.Live, one.Changes = seed, nil, []Change{{At: 1, Guidance: &guidance}}
		i := 0
		for s, err := range m.Generate(context.Background(), one) {
			if err != nil {
				t.Fatal(err)
			}
			if i >= len(trail) {
				break
			}
			if !slices.Equal(s.X.Data, trail[i].X.Data) {
				t.Fatalf("seed %d differs at step %d", seed, s.Index)
			}
			i++
		}
		if len(trail) < 2 || trail[len(trail)-1].Index > 1 && trail[len(trail)-1].Guidance != guidance {
			t.Errorf("seed %d: %d steps, guidance %g at the end", seed, len(trail), trail[len(trail)-1].Guidance)
		}
	}
}

// An image encoder's embeddings are compared with those of the folder's text encoder that has a projection of the same
// width; without one, no search is offered.
func TestImageEncoderVerifies(t *testing.T) {
	for _, width := range []int{2, 3} {
		m := imageEncoderModel(t, width)
		if m.Facts().Verifier != (width == 2) {
			t.Fatalf("width %d: a verifier: %v", width, m.Facts().Verifier)
		}
		if width != 2 {
			continue
		}
		red, blue := image.NewRGBA(image.Rect(0, 0, 4, 4)), image.NewRGBA(image.Rect(0, 0, 4, 4))
		for i := range 16 {
			red.Set(i%4, i/4, color.RGBA{255, 0, 0, 255})
			blue.Set(i%4, i/4, color.RGBA{0, 0, 255, 255})
		}
		scores, err := m.Score(context.Background(), Request{Prompt: "red"}, red, blue)
		if err != nil || len(scores) != 2 || math.Abs(float64(scores[0]-100)) > 1e-3 || math.Abs(float64(scores[1])) > 1e-3 {
			t.Errorf("scores %v, %v, want 100 and 0", scores, err)
		}
	}
}

// imageEncoderModel is a model whose text embedding is (1, 0), beside an image encoder that gives a picture's mean red and
// blue.
func imageEncoderModel(t *testing.T, width int) *Model {
	t.Helper()
	images := &fakeGraph{
		in:  []Port{{Name: "pixel_values", Type: "float32", Shape: []int{-1, 3, 4, 4}}},
		out: []Port{{Name: "image_embeds", Type: "float32", Shape: []int{-1, width}}},
		run: func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			x := in["pixel_values"]
			out := Zeros(x.Shape[0], width)
			for i := range x.Shape[0] {
				row := x.Row(i).Data
				out.Row(i).Data[0] = (row[0]*clipStd[0] + clipMean[0]) * 3
				out.Row(i).Data[1] = (row[32]*clipStd[2] + clipMean[2]) * 3
			}
			return []Tensor{out}, nil
		},
	}
	words := &fakeGraph{
		in:  []Port{{Name: "input_ids", Type: "int64", Shape: []int{-1, -1}}},
		out: []Port{{Name: "last_hidden_state", Type: "float32", Shape: []int{-1, -1, 1}}, {Name: "text_embeds", Type: "float32", Shape: []int{-1, 2}}},
		run: func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			return []Tensor{Zeros(1, in["input_ids"].Shape[1], 1), {Shape: []int{1, 2}, Data: []float32{5, 0}}}, nil
		},
	}
	m, err := New(Parts{Name: "fake", Scheduler: []byte(fakeScheduler), Text: []TextPart{{Part: Part{Graph: words, Name: "text_encoder"}, Tokenizer: "token/testdata/clip"}},
		Verifier: &VerifierPart{Part: Part{Graph: images, Name: "image_encoder"}},
		Denoiser: Part{Graph: fakeNet(), Name: "unet", Config: []byte(`{"sample_size":8,"num_class_embeds":4,"id2label":{"0":"cat","1":"dog","2":"fish"}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
