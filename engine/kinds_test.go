package engine

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
)

// kindModel is a latent model of made-up networks: 16x16 px in 2x2 latents of four channels. in are the denoiser's
// inputs beside timestep; every call's inputs are noted.
func kindModel(t *testing.T, text int, sampler string, in ...Port) (*Model, *[]map[string]Tensor) {
	t.Helper()
	calls := &[]map[string]Tensor{}
	var texts []TextPart
	for i := range text {
		g := &fakeGraph{in: []Port{{Name: "input_ids", Type: "int64", Shape: []int{-1, -1}}}, out: []Port{{Name: "last_hidden_state", Type: "float32", Shape: nil}, {Name: "text_embeds", Type: "float32", Shape: nil},
			{Name: "hidden_states.0", Type: "float32", Shape: nil}, {Name: "hidden_states.1", Type: "float32", Shape: nil}, {Name: "hidden_states.2", Type: "float32", Shape: nil}}}
		g.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			s := Tensor{Shape: append(slices.Clone(in["input_ids"].Shape), 1), Data: in["input_ids"].Data}
			return []Tensor{s, {Shape: []int{1, 1}, Data: []float32{float32(i)}}, s, s, s}, nil
		}
		name := "text_encoder"
		if text == 1 && slices.ContainsFunc(in, func(p Port) bool { return p.Name == "time_ids" && p.Shape[1] == 5 }) {
			name = "text_encoder_2"
		}
		if i > 0 {
			name = fmt.Sprint("text_encoder_", i+1)
		}
		texts = append(texts, TextPart{Part: Part{Graph: g, Name: name}, Tokenizer: "token/testdata/clip"})
	}
	net := &fakeGraph{in: append(in, Port{Name: "timestep", Type: "float32", Shape: []int{-1}}), out: []Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}}}
	net.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		told := map[string]Tensor{}
		for name, v := range in {
			told[name] = v.Clone()
		}
		*calls = append(*calls, told)
		x := in["sample"]
		out := Zeros(x.Shape[0], 4, x.Shape[2], x.Shape[3])
		for i := range out.Data {
			out.Data[i] = 0.1 * x.Data[i%len(x.Data)]
		}
		return []Tensor{out}, nil
	}
	encoder := &fakeGraph{in: []Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, -1, -1}}}, out: []Port{{Name: "latent_parameters", Type: "float32", Shape: nil}}}
	encoder.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) { // mean 3, deviation nearly none
		x := in["sample"]
		out := Zeros(x.Shape[0], 8, x.Shape[2]/8, x.Shape[3]/8)
		for i := range out.Data {
			if out.Data[i] = 3; i >= len(out.Data)/2 {
				out.Data[i] = -30
			}
		}
		return []Tensor{out}, nil
	}
	decoder := &fakeGraph{in: []Port{{Name: "latent_sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}}, out: []Port{{Name: "sample", Type: "float32", Shape: nil}}}
	decoder.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		z := in["latent_sample"]
		return []Tensor{Zeros(z.Shape[0], 3, 8*z.Shape[2], 8*z.Shape[3])}, nil
	}
	m, err := New(Parts{Name: "kind", Scheduler: []byte(`{"_class_name":"` + sampler + `","beta_schedule":"linear","num_train_timesteps":1000}`), Text: texts,
		Denoiser: Part{Graph: net, Name: "unet", Config: []byte(`{"sample_size":2}`)}, Encoder: Part{Graph: encoder, Name: "vae_encoder"}, Decoder: Part{Graph: decoder, Name: "vae_decoder"}})
	if err != nil {
		t.Fatal(err)
	}
	return m, calls
}

func latents(channels int) Port {
	return Port{Name: "sample", Type: "float32", Shape: []int{-1, channels, -1, -1}}
}

var states = Port{Name: "encoder_hidden_states", Type: "float32", Shape: []int{-1, -1, 1}}

// grey is a picture of one grey; its right half is brighter by more.
func grey(v, more uint8) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		c := v
		if i%16 >= 8 {
			c += more
		}
		img.SetRGBA(i%16, i/16, color.RGBA{c, c, c, 255})
	}
	return img
}

// channel is one channel of a call's input.
func channel(x Tensor, c int) []float32 {
	n := x.Shape[2] * x.Shape[3]
	return x.Data[c*n : (c+1)*n]
}

// InstructPix2Pix asks three times, the picture's latents unscaled beside x_t, the last time without them.
func TestKindInstruct(t *testing.T) {
	m, calls := kindModel(t, 1, "DDIMScheduler", latents(8), states)
	if f := m.Facts(); !f.Instruct || f.Inpaint || f.Depth {
		t.Errorf("%+v", f)
	}
	all(t, m, Request{Prompt: "cat", Init: grey(100, 0), Steps: 2, Guidance: 5, ImageGuidance: 2})
	if len(*calls) != 6 {
		t.Fatalf("%d calls for 2 steps", len(*calls))
	}
	for i, want := range []float32{3, 3, 0, 3, 3, 0} {
		if got := channel((*calls)[i]["sample"], 5); got[0] != want || got[3] != want {
			t.Errorf("call %d sees the picture as %v, want %g", i, got, want)
		}
	}
	*calls = nil
	all(t, m, Request{Prompt: "cat", Init: grey(100, 0), Steps: 2, Guidance: 1})
	if len(*calls) != 2 {
		t.Errorf("%d calls without guidance", len(*calls))
	}
}

// A depth model sees the map stretched to -1..1, in both rows, and with a mask too.
func TestKindDepth(t *testing.T) {
	m, calls := kindModel(t, 1, "DDIMScheduler", latents(5), states)
	if !m.Facts().Depth {
		t.Error("it is not known as a depth model")
	}
	depth, mask := image.NewGray(image.Rect(0, 0, 16, 16)), image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range depth.Pix {
		depth.Pix[i], mask.Pix[i] = 40, 255
		if i%16 >= 8 {
			depth.Pix[i] = 90
		}
	}
	for _, r := range []Request{{Depth: depth}, {Depth: depth, Mask: mask}} {
		*calls = nil
		r.Prompt, r.Init, r.Steps, r.Guidance, r.Strength = "cat", grey(100, 0), 2, 5, 1
		all(t, m, r)
		for i, c := range *calls {
			got := channel(c["sample"], 4)
			if math.Abs(float64(got[0]+1)) > 1e-5 || math.Abs(float64(got[1]-1)) > 1e-5 {
				t.Errorf("masked %v, call %d sees the depth as %v", r.Mask != nil, i, got)
			}
		}
		if len(*calls) != 4 {
			t.Errorf("%d calls", len(*calls))
		}
	}
	for _, err := range m.Generate(context.Background(), Request{Prompt: "cat", Init: grey(1, 0), Steps: 1}) {
		if err == nil {
			t.Error("without a map it runs")
		}
		break
	}
}

// A latent consistency model is told guidance as sines and cosines, and asked once a step.
func TestKindLCM(t *testing.T) {
	m, calls := kindModel(t, 1, "LCMScheduler", latents(4), states, Port{Name: "timestep_cond", Type: "float32", Shape: []int{-1, 8}})
	if f := m.Facts(); !f.DistilledGuidance || f.Negative || f.Guidance != 8 || f.Steps != 4 {
		t.Errorf("%+v", f)
	}
	all(t, m, Request{Prompt: "cat", Guidance: 1.001, Steps: 3}) // w = 0.001, 1000 w = 1
	if len(*calls) != 3 {
		t.Errorf("%d calls for 3 steps", len(*calls))
	}
	got := (*calls)[0]["timestep_cond"]
	if want := []int{1, 8}; !slices.Equal(got.Shape, want) || math.Abs(float64(got.Data[0])-math.Sin(1)) > 1e-3 || math.Abs(float64(got.Data[4])-math.Cos(1)) > 1e-3 {
		t.Errorf("timestep_cond is %v %v", got.Shape, got.Data)
	}
}

// SDXL is told sizes, heights first; its refiner a score in the target's place, a lower one and no crop in the negative row.
func TestKindXL(t *testing.T) {
	ids := func(n int) []Port {
		return []Port{latents(4), states, {Name: "text_embeds", Type: "float32", Shape: []int{-1, 1}}, {Name: "time_ids", Type: "float32", Shape: []int{-1, n}}}
	}
	m, calls := kindModel(t, 2, "EulerDiscreteScheduler", ids(6)...)
	if f := m.Facts(); !f.Sizes || f.Refiner {
		t.Errorf("%+v", f)
	}
	all(t, m, Request{Prompt: "cat", Width: 32, Height: 16, Steps: 1, Guidance: 5, OriginalSize: [2]int{700, 1000}, CropTopLeft: [2]int{3, 4}})
	for i, c := range *calls {
		if got := c["time_ids"].Data; !slices.Equal(got, []float32{700, 1000, 3, 4, 16, 32}) {
			t.Errorf("call %d is told %v", i, got)
		}
	}
	m, calls = kindModel(t, 1, "EulerDiscreteScheduler", ids(5)...)
	if f := m.Facts(); !f.Refiner || f.Sizes {
		t.Errorf("%+v", f)
	}
	all(t, m, Request{Prompt: "cat", Init: grey(9, 0), Steps: 4, Strength: 0.25, Guidance: 5, CropTopLeft: [2]int{3, 4}})
	if len(*calls) != 2 || !slices.Equal((*calls)[0]["time_ids"].Data, []float32{16, 16, 3, 4, 6}) || !slices.Equal((*calls)[1]["time_ids"].Data, []float32{16, 16, 0, 0, 2.5}) {
		t.Errorf("%d calls, told %v", len(*calls), (*calls)[0]["time_ids"].Data)
	}
}

// The refiner goes on with the very latents, at the base's next timestep.
func TestHandOver(t *testing.T) {
	base, first := kindModel(t, 1, "DDIMScheduler", latents(4), states)
	refiner, second := kindModel(t, 1, "DDIMScheduler", latents(4), states)
	r := Request{Prompt: "cat", Seed: 3, Steps: 5, Guidance: 1}
	var steps []Step
	for s, err := range HandOver(context.Background(), r, 0.6, 5, base.Generate, func() (Generator, error) { return refiner.Generate, nil }) {
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	if len(*first) != 3 || len(*second) != 2 {
		t.Fatalf("%d and %d calls", len(*first), len(*second))
	}
	last := steps[len(steps)-1]
	if last.Index != 5 || last.Of != 5 || last.Pictures == nil {
		t.Errorf("it ends with step %d of %d, pictures %v", last.Index, last.Of, last.Pictures != nil)
	}
	// Both networks are the same here: so is the picture, as if one had made it.
	*first = nil
	if whole := all(t, base, r); !slices.Equal(whole.X.Data, last.X.Data) {
		t.Error("two halves of one model are not the whole")
	}
}
