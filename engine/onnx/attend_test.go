package onnx

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nirvana/engine"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/onnx/rewrite"
	"nirvana/models"
	"nirvana/models/checkpoint"
	"nirvana/models/safetensors"
)

// crossMaps is what diffusers' own attention processor gave of a network in testdata/crossmaps.
type crossMaps struct {
	Config json.RawMessage
	Out    []float32
	Maps   []struct {
		Shape []int
		Data  []float32
	}
}

func readCrossMaps(t *testing.T, kind string) (c crossMaps) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "crossmaps", kind+".json"))
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// crossInputs are those that the networks in testdata/crossmaps were recorded with.
func crossInputs() map[string]engine.Tensor {
	t := recorded(2, 7, 6)
	for i := range t.Data {
		t.Data[i] *= 3
	}
	return map[string]engine.Tensor{"sample": recorded(2, 2, 6, 10), "timestep": {Shape: []int{1}, Data: []float32{500}}, states: t}
}

// The maps equal the weights of diffusers' attention processor, whatever the exporter, also where attention is one
// operation, and where the network is built from a checkpoint.
func TestCrossMaps(t *testing.T) {
	for kind, more := range map[string][]string{"sd1": {"merged", "heads", "dynamo", "built"}, "sdxl": {"heads", "built"}} {
		want := readCrossMaps(t, kind)
		for _, name := range more {
			t.Run(kind+"-"+name, func(t *testing.T) { checkCrossMaps(t, crossNetwork(t, kind, name, want, Options{Fuse: true}), want) })
		}
	}
}

func crossNetwork(t *testing.T, kind, name string, c crossMaps, o Options) *Graph {
	t.Helper()
	dir := filepath.Join("testdata", "crossmaps")
	if name != "built" {
		return open(t, unpacked(t, kind+"-"+name), o)
	}
	path, err := filepath.Abs(filepath.Join(dir, kind+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := safetensors.ReadHeader(path)
	if err != nil {
		t.Fatal(err)
	}
	w := checkpoint.Weights{}
	for name, e := range h.Tensors {
		one := checkpoint.Tensor{Type: checkpoint.Type(e.Type), Pieces: []checkpoint.Piece{{File: path, Offset: e.Offset, Length: e.Length, As: h.File}}}
		for _, d := range e.Shape {
			one.Shape = append(one.Shape, int64(d))
		}
		w[name] = one
	}
	g, err := shared.Network(models.Part{Name: "unet", Path: dir, Config: c.Config, Weights: w}, false, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// unpacked is a graph of testdata/crossmaps in a file of its own.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "crossmaps", name+".onnx.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	path := filepath.Join(t.TempDir(), name+".onnx")
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func checkCrossMaps(t *testing.T, g *Graph, want crossMaps) {
	t.Helper()
	strides, err := g.CrossAttention()
	if err != nil || len(strides) != len(want.Maps) {
		t.Fatalf("%d blocks of %d, %v", len(strides), len(want.Maps), err)
	}
	in := crossInputs()
	if p := portNamed(g.in, "timestep"); p != nil && len(p.Shape) == 0 {
		in["timestep"] = engine.Tensor{Data: []float32{500}}
	}
	out, err := g.RunAttending(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !near(out[0].Data, want.Out, 1e-3) {
		t.Errorf("the network's output differs")
	}
	for i, m := range want.Maps {
		got := out[1+i]
		if rows := (6 + strides[i] - 1) / strides[i] * ((10 + strides[i] - 1) / strides[i]); rows != m.Shape[1] {
			t.Errorf("map %d: positions of %d are not %d", i, strides[i], m.Shape[1])
		}
		if !near(got.Data, m.Data, 2e-4) {
			t.Errorf("map %d of %v differs: %v, not %v", i, got.Shape, got.Data[:7], m.Data[:7])
		}
	}
	if plain := run(t, g, in); !near(plain[0].Data, out[0].Data, 1e-4) || len(plain) != 1 {
		t.Error("the network without maps gives something else")
	}
	if err := g.EndAttending(); err != nil || g.attending != nil {
		t.Error("the second network stays", err)
	}
}

func portNamed(ports []engine.Port, name string) *engine.Port {
	for i := range ports {
		if ports[i].Name == name {
			return &ports[i]
		}
	}
	return nil
}

// Attention that is one operation in the file already has the same maps.
func TestCrossMapsFused(t *testing.T) {
	want := readCrossMaps(t, "sd1")
	f, err := graphfile.Open(unpacked(t, "sd1-heads"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n := rewrite.Attention(f.Model); n != 2*len(want.Maps) {
		t.Fatalf("%d attentions became one operation", n)
	}
	g := open(t, save(t, f.Model), Options{})
	checkCrossMaps(t, g, want)
	if all := rewrite.CrossAttention(f.Model, states); len(all) != len(want.Maps) || all[0].Fused == nil || all[0].Heads != 2 {
		t.Errorf("found %+v", all)
	}
}

// Joint attention, a VAE's and a text encoder's are no cross-attention.
func TestNoCrossAttention(t *testing.T) {
	for _, name := range []string{"testdata/attention/flux-single.onnx", "testdata/attention/vae.onnx", "testdata/attention/sd1-self.onnx",
		"../../models/nirvana/text_encoder/model.onnx"} {
		f, err := graphfile.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if all := rewrite.CrossAttention(f.Model, states); len(all) > 0 {
			t.Errorf("%s: %+v", name, all)
		}
		f.Close()
	}
}

// The default model's U-Net has its blocks of cross-attention at the sides that its positions have.
func TestNirvanaCrossAttention(t *testing.T) {
	f, err := graphfile.Open("../../models/nirvana/unet/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := rewrite.CrossAttention(f.Model, states)
	strides := map[int]int{}
	for _, c := range all {
		strides[c.Stride]++
		if c.Softmax == nil || c.Merged || c.Heads == 0 {
			t.Errorf("%+v", c)
		}
	}
	if strides[4] == 0 || strides[8] == 0 || len(strides) != 2 { // its latents are taken 2 x 2, and its first level has none
		t.Errorf("the sides of positions are %v", strides)
	}
}

// recorded are the made-up numbers of app/conformance/record/crossmaps.py.
func recorded(shape ...int) engine.Tensor {
	t := engine.Zeros(shape...)
	for i := range t.Data {
		n := float64(i)
		t.Data[i] = float32(math.Sin(n*0.7 + 0.3*math.Sin(n)))
	}
	return t
}

// The default model's words can be seen at every kept step, in a picture of its size and in one made in windows: they are
// finite, and their shares sum to 1 at every place. Nothing is held afterwards.
func TestXRayOfNirvana(t *testing.T) {
	f, err := models.Read("../../models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	l, err := shared.Load(f, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	m, err := engine.New(l.Parts)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []engine.Request{{Steps: 3, Seed: 1, Prompt: "a red heart, on Snow", Syntax: true}, {Steps: 2, Seed: 1, Prompt: "a red heart on snow", Width: 512, Height: 256, Window: 256}} {
		var steps []engine.Step
		for s, err := range m.Generate(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			s.State = engine.State{}
			steps = append(steps, s)
		}
		x, err := m.XRay(t.Context(), q, steps[:2], true)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, w := range x.Words {
			said = append(said, w.Text)
			if low, high := slices.Min(w.Attention), slices.Max(w.Attention); !(low >= 0 && high <= 1 && high > low) || len(w.Attention) != x.Width*x.Height {
				t.Errorf("%s is seen from %g to %g at %d places", w.Text, low, high, len(w.Attention))
			}
		}
		if !slices.Equal(said, []string{"a", "red", "heart", "on", "snow"}) {
			t.Errorf("the words are %q", said)
		}
		for i := range x.Width * x.Height {
			sum := float32(0)
			for _, s := range x.At(i%x.Width, i/x.Width) {
				sum += s
			}
			if math.Abs(float64(sum-1)) > 1e-4 {
				t.Fatalf("the shares sum to %g", sum)
			}
		}
		if x.Width != steps[0].X.Shape[3] || x.Height != steps[0].X.Shape[2] || x.Without.X0.Data == nil || len(x.Difference) != x.Width*x.Height || x.With.Predicted(0) == nil {
			t.Errorf("it is %d x %d, with %d differences", x.Width, x.Height, len(x.Difference))
		}
	}
	if l.graphs["unet"].attending == nil {
		t.Error("the second network was not used")
	}
	if err := m.EndXRay(); err != nil || l.graphs["unet"].attending != nil {
		t.Error("the second network stays", err)
	}
}
