package onnx

import (
	"context"
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nirvana/engine"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/onnx/rewrite"
	"nirvana/models"
)

// shared is what diffusers gave of a network in testdata/crossmaps whose attention two texts share.
type sharedAttention struct {
	Tokens      []int
	Shares, Out []float32
}

// biases are the logarithms of the texts' shares of the attention at each position of 6 x 10 latent pixels, the plain way.
func (s sharedAttention) bias(stride int) engine.Tensor {
	rows, columns := (6+stride-1)/stride, (10+stride-1)/stride
	out := engine.Tensor{Shape: []int{1, 1, rows * columns, s.Tokens[0] + s.Tokens[1]}}
	for p := range rows * columns {
		for k, n := range s.Tokens {
			sum, pixels := 0.0, 0.0
			for y := p / columns * stride; y < min(6, (p/columns+1)*stride); y++ {
				for x := p % columns * stride; x < min(10, (p%columns+1)*stride); x++ {
					sum += float64(s.Shares[(k*6+y)*10+x])
					pixels++
				}
			}
			for range n {
				out.Data = append(out.Data, float32(max(-1e4, math.Log(sum/pixels/float64(n)))))
			}
		}
	}
	return out
}

func readShared(t *testing.T, kind string) (s sharedAttention) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "crossmaps", kind+"-regions.json"))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// With biases the output equals that of diffusers' attention processor with the same masks, whatever the exporter, also where
// attention is one operation, and where the network is built from a checkpoint.
func TestCrossBiases(t *testing.T) {
	for kind, more := range map[string][]string{"sd1": {"merged", "heads", "dynamo", "built"}, "sdxl": {"heads", "built"}} {
		plain, want := readCrossMaps(t, kind), readShared(t, kind)
		for _, name := range more {
			t.Run(kind+"-"+name, func(t *testing.T) {
				checkBiases(t, crossNetwork(t, kind, name, plain, Options{Fuse: true, Cache: t.TempDir()}), plain, want)
			})
		}
	}
}

// So it does where attention is one operation in the file already.
func TestCrossBiasesFused(t *testing.T) {
	f, err := graphfile.Open(unpacked(t, "sd1-heads"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rewrite.Attention(f.Model) == 0 {
		t.Fatal("nothing became one operation")
	}
	checkBiases(t, open(t, save(t, f.Model), Options{}), readCrossMaps(t, "sd1"), readShared(t, "sd1"))
}

// So it does where attention is ONNX's own operation, of opset 23. One with a mask of its own takes none.
func TestCrossBiasesAttention(t *testing.T) {
	for _, masked := range []bool{false, true} {
		f, err := graphfile.Open(unpacked(t, "sd1-heads"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if rewrite.Attention(f.Model) == 0 {
			t.Fatal("nothing became one operation")
		}
		standard(f.Model, masked)
		g := open(t, save(t, f.Model), Options{})
		if !masked {
			checkBiases(t, g, readCrossMaps(t, "sd1"), readShared(t, "sd1"))
		} else if all, _ := g.Biases(); len(all) > 0 {
			t.Errorf("with masks it takes %v", all)
		}
	}
}

// standard replaces ONNX Runtime's operation of attention by ONNX's own. masked adds a mask that hides nothing.
func standard(m *graphfile.Model, masked bool) {
	if masked {
		m.Tensors = append(m.Tensors, graphfile.NewFloats("nothing", []int64{1, 1, 1, 1}, []float32{0}))
	}
	for _, n := range m.Nodes {
		if n.Op != "MultiHeadAttention" {
			continue
		}
		heads, scale := n.Int("num_heads", 0), n.Float("scale", 0)
		inputs := n.Inputs[:3:3]
		if masked {
			inputs = append(inputs, "nothing")
		}
		*n = graphfile.Node{Name: n.Name, Op: "Attention", Inputs: inputs, Outputs: n.Outputs}
		n.SetInt("q_num_heads", heads)
		n.SetInt("kv_num_heads", heads)
		if scale != 0 {
			n.SetFloat("scale", scale)
		}
	}
	m.Opsets[""] = 23
	delete(m.Opsets, rewrite.Microsoft)
}

func checkBiases(t *testing.T, g *Graph, plain crossMaps, want sharedAttention) {
	t.Helper()
	in := crossInputs()
	if p := portNamed(g.in, "timestep"); p != nil && len(p.Shape) == 0 {
		in["timestep"] = engine.Tensor{Data: []float32{500}}
	}
	all, others := g.Biases()
	if len(all) != 2 || all[0].Stride != 1 || all[1].Stride != 2 || others != "" {
		t.Fatalf("the biases are %+v", all)
	}
	check := func(want []float32, what string) {
		t.Helper()
		if out := run(t, g, in); !near(out[0].Data, want, 1e-3) {
			t.Errorf("%s: %v, not %v", what, out[0].Data[:5], want[:5])
		}
	}
	check(plain.Out, "without biases")
	for _, b := range all {
		in[b.Name] = want.bias(b.Stride)
	}
	check(want.Out, "with biases")
	in[all[0].Name] = engine.Tensor{Shape: []int{2, 1, 60, 7}, Data: append(slices.Clone(in[all[0].Name].Data), in[all[0].Name].Data...)}
	check(want.Out, "with biases of each row's own")
	maps, err := g.RunAttending(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range maps[1:] {
		if plain.Maps[i].Shape[1] == 60 && (m.Data[5] != 0 || m.Data[0] == 0) { // the first place is the first text's alone
			t.Errorf("map %d is %v", i, m.Data[:7])
		}
	}
	for _, b := range all {
		delete(in, b.Name)
	}
	check(plain.Out, "without biases again")
	if err := g.EndAttending(); err != nil {
		t.Error(err)
	}
}

// Joint attention takes none, and neither does a network whose tokens act in products that are not known.
func TestNoCrossBiases(t *testing.T) {
	f, err := graphfile.Open("testdata/attention/flux-single.onnx")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if all, _ := rewrite.CrossBiases(f.Model, states); len(all) > 0 {
		t.Errorf("%+v", all)
	}
	more, err := graphfile.Open(unpacked(t, "sd1-heads"))
	if err != nil {
		t.Fatal(err)
	}
	defer more.Close()
	m := more.Model
	m.Nodes = append(m.Nodes, &graphfile.Node{Name: "sum", Op: "MatMul", Inputs: []string{m.Outputs[0].Name, states}, Outputs: []string{"sum"}})
	inputs, nodes := len(m.Inputs), len(m.Nodes)
	if all, _ := rewrite.CrossBiases(m, states); len(all) > 0 || len(m.Inputs) != inputs || len(m.Nodes) != nodes {
		t.Errorf("%+v", all)
	}
}

func white() *image.Gray {
	m := image.NewGray(image.Rect(0, 0, 256, 256))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	return m
}

func nirvana(t *testing.T) *engine.Model { return modelAt(t, "../../models/nirvana") }

// With the default model a region that is everywhere makes the picture of its words, and words act in their region alone: in
// the attention, and in what is drawn.
func TestRegionsOfNirvana(t *testing.T) {
	m := nirvana(t)
	if !m.Facts().RegionAttention {
		t.Fatal("regions do not act in the default model's attention")
	}
	made := func(q engine.Request) (steps []engine.Step) {
		q.Steps, q.Seed, q.Guidance = 6, 3, 5
		for s, err := range m.Generate(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			steps = append(steps, s)
		}
		return steps
	}
	whole := white()
	apple := made(engine.Request{Prompt: "a red apple"})
	same := made(engine.Request{Prompt: "a green tree", Regions: []engine.Region{{Mask: whole, Prompt: "a red apple"}}})
	if a, b := apple[6].X.Data, same[6].X.Data; !near(a, b, 1e-3) {
		t.Error("a region that is everywhere is not the picture of its words")
	}
	left := white()
	for i := range left.Pix {
		if i%256 >= 128 {
			left.Pix[i] = 0
		}
	}
	q := engine.Request{Prompt: "a blue sky", Regions: []engine.Region{{Mask: left, Prompt: "a red apple"}}}
	steps := made(q)
	q.Steps, q.Seed, q.Guidance = 6, 3, 5
	x, err := m.XRay(t.Context(), q, steps[:3], true)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Words) != 6 || x.Words[1].Text != "blue" || x.Words[4].Text != "red" {
		t.Fatalf("the words are %+v", len(x.Words))
	}
	for i := range x.Width * x.Height {
		blue, red := x.Words[1].Attention[i], x.Words[4].Attention[i]
		switch column := i % x.Width; {
		case column < x.Width/4 && (blue > 1e-6 || red <= 0), column >= 3*x.Width/4 && (red > 1e-6 || blue <= 0):
			t.Fatalf("at column %d blue has %g and red %g", column, blue, red)
		}
	}
	if err := m.EndXRay(); err != nil {
		t.Error(err)
	}
}

// Guided in one call for both rows, as the default model's runs are, regions draw what two calls draw.
func TestRegionsInOneCallOfNirvana(t *testing.T) {
	f, err := models.Read("../../models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	l, err := shared.Load(f, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	left := white()
	for i := range left.Pix {
		left.Pix[i] = uint8(255 - i%256)
	}
	var got [2]engine.Tensor
	var calls [2]int
	for k, oneCall := range []bool{false, true} {
		parts := l.Parts
		if parts.OneCall = oneCall; !l.Parts.OneCall {
			t.Fatal("the default model's rows are computed apart")
		}
		parts.Denoiser.Graph = counted{l.graphs["unet"], &calls[k]}
		m, err := engine.New(parts)
		if err != nil {
			t.Fatal(err)
		}
		q := engine.Request{Steps: 5, Seed: 3, Guidance: 5, Prompt: "a blue sky", Negative: "people", Regions: []engine.Region{{Mask: left, Prompt: "a red apple"}}}
		q.KeepLatents = true
		for s, err := range m.Generate(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			got[k] = s.X
		}
	}
	if calls[0] != 10 || calls[1] != 5 {
		t.Errorf("%d calls apart, %d together", calls[0], calls[1])
	}
	if !near(got[1].Data, got[0].Data, 1e-3) {
		t.Errorf("%v, not %v", got[1].Data[:5], got[0].Data[:5])
	}
}

// counted is a denoiser that counts its calls.
type counted struct {
	*Graph
	calls *int
}

func (c counted) Run(ctx context.Context, in map[string]engine.Tensor) ([]engine.Tensor, error) {
	*c.calls++
	return c.Graph.Run(ctx, in)
}
