package engine

import (
	"context"
	"math"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/vae"
)

var none = []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}

// Values of a denoiser that are no numbers end the run at their step, with the network's name and what helps.
func TestDenoiserGivesNoNumbers(t *testing.T) {
	for _, x := range none {
		g := fakeNet()
		whole := g.run
		g.run = func(ctx context.Context, in map[string]Tensor) ([]Tensor, error) {
			out, err := whole(ctx, in)
			if g.calls == 3 {
				out[0].Data[7] = x
			}
			return out, err
		}
		m, err := fakePixelModel(g)
		if err != nil {
			t.Fatal(err)
		}
		var last error
		for _, err := range m.Generate(context.Background(), Request{Steps: 5, Sampler: "DDIM", Guidance: 1}) {
			last = err
		}
		if fault.Of(last) != fault.Overflow || !strings.Contains(last.Error(), "step 3 of 5: unet gave") || !strings.Contains(last.Error(), "LoRA") {
			t.Errorf("%v: %v", x, last)
		}
	}
}

// Without a decoder a model is one of pixels only where its channels are a picture's.
func TestLatentsAreNoPixels(t *testing.T) {
	for _, c := range []struct {
		channels int
		config   string
		pixel    bool
	}{{3, "", true}, {1, "", true}, {4, "", false}, {16, "", false}, {-1, `{"in_channels":4}`, false}, {-1, `{"in_channels":3}`, true}, {9, "", false}} {
		g := &fakeGraph{in: []Port{{Name: "sample", Type: "float32", Shape: []int{-1, c.channels, -1, -1}}, {Name: "timestep", Type: "int64", Shape: nil}},
			out: []Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, c.channels, -1, -1}}}}
		m, err := New(Parts{Name: "fake", Scheduler: []byte(fakeScheduler), Denoiser: Part{Graph: g, Name: "unet", Config: []byte(c.config)}})
		if c.pixel && (err != nil || !m.Facts().Pixel) || !c.pixel && (fault.Of(err) != fault.Incomplete || !strings.Contains(err.Error(), "no vae_decoder")) {
			t.Errorf("%d channels, %s: %v", c.channels, c.config, err)
		}
	}
}

// widener is a VAE that overflows until it is widened.
type widener struct {
	fakeGraph
	wide, still bool
}

func (w *widener) Widen() (bool, error) {
	changed := !w.wide
	w.wide = true
	return changed, nil
}

// A VAE that overflows is computed again in float32; one that cannot be, or that still does, is named.
func TestVAEOverflows(t *testing.T) {
	w := &widener{}
	w.in = []Port{{Name: "latent_sample", Type: "float16", Shape: []int{-1, 4, -1, -1}}}
	w.run = func(context.Context, map[string]Tensor) ([]Tensor, error) {
		out := Zeros(1, 3, 8, 8)
		if !w.wide || w.still {
			out.Data[3] = none[0]
		}
		return []Tensor{out}, nil
	}
	decode := func(g Graph) error {
		v := vae.VAE{Decoder: Part{Graph: g, Name: "vae_decoder"}, Config: vae.Config{Scale: 8, Channels: 4, ScalingFactor: 1}}
		_, err := v.Decode(context.Background(), Zeros(1, 4, 1, 1), nil)
		return err
	}
	for range 2 {
		if err := decode(w); err != nil {
			t.Error(err)
		}
	}
	if w.calls != 3 {
		t.Errorf("%d calls: twice in half precision or in float32", w.calls)
	}
	w.still = true
	for what, g := range map[string]Graph{"still": w, "not to be widened": &w.fakeGraph} {
		if err := decode(g); fault.Of(err) != fault.Overflow || !strings.Contains(err.Error(), "vae_decoder gave") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
