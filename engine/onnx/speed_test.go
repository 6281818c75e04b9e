package onnx

import (
	"context"
	"encoding/hex"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"nirvana/app/bench/network"
	"nirvana/engine"
	"nirvana/engine/onnx/graphfile"
)

// waves is a tensor of made-up numbers.
func waves(shape ...int) engine.Tensor {
	t := engine.Zeros(shape...)
	for i := range t.Data {
		t.Data[i] = float32(2 * math.Sin(float64(i*i)*0.37+float64(len(t.Data))))
	}
	return t
}

func near(a, b []float32, tolerance float64) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) <= tolerance })
}

// Attention as exporters write it gives the same in one operation as written out.
func TestAttentionFused(t *testing.T) {
	const places, tokens = 24, 7
	for name, shapes := range map[string]map[string][]int{
		"sd1-self":     {"to_": {2, places, 32}, "norm1": {2, places, 32}},
		"sd1-cross":    {"to_q": {2, places, 32}, "to_": {2, tokens, 32}, "encoder": {2, tokens, 32}},
		"vae":          {"to_": {2, places, 16}, "conv": {2, 16, 4, 6}},
		"flux-single":  {"to_": {1, places, 48}, "txt_ids": {tokens, 3}, "img_ids": {places - tokens, 3}},
		"nirvana-self": {"linear_6": {2, 64, 192}, "linear_7": {2, 64, 384}, "sample": {2, 4, 32, 32}},
	} {
		path := filepath.Join("testdata", "attention", name+".onnx")
		plain, fused := open(t, path, Options{}), open(t, path, Options{Fuse: true})
		in := map[string]engine.Tensor{}
		ports, _ := plain.Ports()
		for _, p := range ports {
			best := ""
			for part := range shapes {
				if strings.Contains(p.Name, part) && len(part) > len(best) {
					best = part
				}
			}
			if best == "" {
				t.Fatalf("%s wants %s", name, p.Name)
			}
			in[p.Name] = waves(shapes[best]...)
			if p.Type == "int64" {
				for i := range in[p.Name].Data {
					in[p.Name].Data[i] = float32(i % 5)
				}
			}
		}
		want, got := run(t, plain, in), run(t, fused, in)
		if !slices.Equal(want[0].Shape, got[0].Shape) || !near(want[0].Data, got[0].Data, 1e-5) {
			t.Errorf("%s: shapes %v and %v, or other values", name, want[0].Shape, got[0].Shape)
		}
		l, pieces, err := fused.pieces(CPU, "")
		if err != nil || pieces.data[mainPart] == nil || l.Parts[mainPart].Out == nil {
			t.Errorf("%s was not rewritten: %v", name, err)
		}
	}
}

// What a provider is known to compute otherwise, and attention under a mask, stay as they are.
func TestAttentionLeft(t *testing.T) {
	g := open(t, "testdata/attention/sd1-self.onnx", Options{Fuse: true})
	if _, pieces, err := g.pieces("webgpu", ""); err != nil || pieces.data[mainPart] != nil {
		t.Errorf("rewritten for WebGPU, %v", err)
	}
	g = open(t, "testdata/attention/nirvana-masked.onnx", Options{Fuse: true})
	if _, pieces, err := g.pieces(CPU, ""); err != nil || pieces.data[mainPart] != nil {
		t.Errorf("a mask was rewritten, %v", err)
	}
}

// unet is a network with a prompt and one skip connection: y = conv(concat(deep(x) + prompt, x)).
func unet() *graphfile.Model {
	m := graphfile.New(17)
	value := func(name string, dims ...int) graphfile.Value {
		return graphfile.NewValue(name, graphfile.Float32, dims...)
	}
	m.Inputs = []graphfile.Value{value("sample", -1, 2, -1, -1), value(states, -1, -1, 3)}
	m.Outputs = []graphfile.Value{value("out_sample", -1, 2, -1, -1)}
	m.Tensors = []*graphfile.Tensor{graphfile.NewFloats("wk", []int64{3, 2}, waves(3, 2).Data), graphfile.NewFloats("w", []int64{2, 2, 3, 3}, waves(2, 2, 3, 3).Data),
		graphfile.NewFloats("w4", []int64{2, 4, 1, 1}, waves(2, 4, 1, 1).Data), graphfile.NewInts("places", 2, 3), graphfile.NewInts("tokens", 1)}
	node(m, "MatMul", "keys", "keys", states, "wk")
	n := node(m, "ReduceMean", "mean", "mean", "keys")
	n.SetInts("axes", 1).SetInt("keepdims", 0)
	node(m, "Unsqueeze", "spread", "spread", "mean", "places")
	last := "sample"
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		node(m, "Conv", name, name, last, "w").SetInts("pads", 1, 1, 1, 1)
		node(m, "Tanh", name+"t", name+"t", name)
		last = name + "t"
	}
	node(m, "Add", "deep", "deep", last, "spread")
	node(m, "Concat", "skip", "skip", "deep", "sample").SetInt("axis", 1)
	node(m, "Conv", "out", "out_sample", "skip", "w4")
	return m
}

func unetInputs(k float32) map[string]engine.Tensor {
	s := waves(1, 5, 3)
	for i := range s.Data {
		s.Data[i] *= k
	}
	return map[string]engine.Tensor{"sample": waves(1, 2, 4, 4), states: s}
}

// The prompt's part runs once a prompt, also when prompts take turns and more come than are kept.
func TestPromptKept(t *testing.T) {
	g := open(t, save(t, unet()), Options{})
	first := map[float32][]float32{}
	for round := range 3 {
		for _, k := range []float32{1, 2, 3, 4, 5, 6} {
			out := run(t, g, unetInputs(k))[0].Data
			if round == 0 {
				first[k] = out
			} else if !slices.Equal(first[k], out) {
				t.Errorf("prompt %g gives something else the second time", k)
			}
		}
	}
	if slices.Equal(first[1], first[2]) {
		t.Error("the prompt has no effect")
	}
	if n := len(g.opened.prompts); n != rememberedPrompts {
		t.Errorf("%d prompts are kept", n)
	}
	kept := g.opened.prompts[0].values[0]
	run(t, g, unetInputs(6))
	if g.opened.prompts[0].values[0] != kept {
		t.Error("the same prompt was computed again")
	}
}

// A draft's steps between run on what the inner layers gave before, row by row; fresh ones are whole.
func TestReuse(t *testing.T) {
	g := open(t, save(t, unet()), Options{})
	ctx := context.Background()
	in := unetInputs(1)
	whole := run(t, g, in)[0].Data
	step := func(in map[string]engine.Tensor, row string, fresh bool) []float32 {
		out, err := g.RunReusing(ctx, in, row, fresh)
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Data
	}
	if !near(step(in, "a", true), whole, 1e-6) || !near(step(in, "a", false), whole, 1e-6) {
		t.Error("the same input gives something else in a draft")
	}
	other := unetInputs(4)
	if near(step(other, "a", false), run(t, g, other)[0].Data, 1e-3) {
		t.Error("the inner layers ran although they should not")
	}
	if !near(step(other, "b", false), run(t, g, other)[0].Data, 1e-6) {
		t.Error("a row without anything kept did not run whole")
	}
}

// The cache gives the same network back, notices another file in its place and heals itself.
func TestCache(t *testing.T) {
	cache := t.TempDir()
	path := save(t, unet())
	in := unetInputs(1)
	want := run(t, open(t, path, Options{}), in)[0].Data
	for range 2 {
		g := open(t, path, Options{Cache: cache})
		if got := run(t, g, in)[0].Data; !near(got, want, 1e-6) {
			t.Error("the cached network gives something else")
		}
		g.Close()
	}
	layouts, _ := filepath.Glob(filepath.Join(cache, "*", "layout.json"))
	if len(layouts) != 1 {
		t.Fatalf("the cache holds %v", layouts)
	}
	for _, spoil := range []string{"main.onnx", "layout.json"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(layouts[0]), spoil), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := run(t, open(t, path, Options{Cache: cache}), in)[0].Data; !near(got, want, 1e-6) {
			t.Errorf("with a broken %s it gives something else", spoil)
		}
	}
	changed := unet()
	changed.Tensors[1] = graphfile.NewFloats("w", []int64{2, 2, 3, 3}, make([]float32, 36))
	data, err := changed.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := run(t, open(t, path, Options{Cache: cache}), in)[0].Data; near(got, want, 1e-6) {
		t.Error("another network in the file's place was not noticed")
	}
	if err := os.Chmod(cache, 0o500); err != nil {
		t.Fatal(err)
	}
	run(t, open(t, save(t, unet()), Options{Cache: filepath.Join(cache, "none")}), in) // a cache that cannot be written is no reason not to run
	os.Chmod(cache, 0o700)
}

// Weights trained further are noticed also where the copy kept its file's size and time, in the file and beside it;
// so is another library or processor, as both are part of the name.
func TestFingerprint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.onnx_data")
	weights := make([]byte, 20<<20)
	then := time.Now().Add(-time.Hour)
	sum := func() string {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, weights, 0o600), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
		sum, err := fingerprint(path)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(sum)
	}
	seen := map[string]string{sum(): "as it was"}
	note := func(what string) {
		t.Helper()
		s := sum()
		if was := seen[s]; was != "" {
			t.Errorf("%s and %s have one fingerprint", what, was)
		}
		seen[s] = what
	}
	for i := range weights[5<<20 : 6<<20] { // one layer of twenty
		weights[5<<20+i] = byte(i)
	}
	note("a layer trained")
	weights[len(weights)-1]++
	note("the last byte")
	weights = append(weights, 0)
	note("a byte more")
	then = then.Add(time.Nanosecond)
	note("another time")
	weights = weights[:100<<10]
	note("a small file")
	weights[70001]++
	note("one byte of a small file")
}

// A weight that changes in the external data changes the network's place in the cache.
func TestCacheKnowsWeightsBeside(t *testing.T) {
	dir := t.TempDir()
	if err := network.Folder(dir, network.Mini); err != nil {
		t.Fatal(err)
	}
	g := open(t, filepath.Join(dir, "unet", "model.onnx"), Options{Cache: t.TempDir()})
	before, err := g.place(CPU)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "unet", "model.onnx_data")
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(data, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(make([]byte, 64<<10), info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Close(), os.Chtimes(data, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if after, err := g.place(CPU); err != nil || after == before {
		t.Errorf("changed weights keep their place %s, %v", after, err)
	}
}

// A session that nobody uses goes, and comes back.
func TestIdle(t *testing.T) {
	g := open(t, save(t, unet()), Options{Idle: 20 * time.Millisecond})
	in := unetInputs(1)
	want := run(t, g, in)[0].Data
	for range 200 {
		if g.Device() == "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if g.Device() != "" {
		t.Error("the session stays open")
	}
	if got := run(t, g, in)[0].Data; !slices.Equal(got, want) {
		t.Error("it gives something else after coming back")
	}
}

// A stop does not wait for one long operation to end, and closing does.
func TestStopInsideOneOperation(t *testing.T) {
	m := graphfile.New(17)
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, -1, -1)}
	m.Outputs = []graphfile.Value{graphfile.NewValue("y", graphfile.Float32, -1, -1)}
	node(m, "MatMul", "a", "y", "x", "x")
	g := open(t, save(t, m), Options{Threads: 1})
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := g.Run(ctx, map[string]engine.Tensor{"x": waves(2500, 2500)}); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	run(t, g, map[string]engine.Tensor{"x": waves(2, 2)})
}

// The benchmark's network, in exporters' operations, gives the same fused, cut and cached as it lies on disk, with weights in the file and beside it.
func TestBenchmarkNetwork(t *testing.T) {
	for _, outside := range []bool{false, true} {
		dir := t.TempDir()
		if err := network.Folder(dir, network.Mini); err != nil {
			t.Fatal(err)
		}
		path, cache := filepath.Join(dir, "unet", "model.onnx"), t.TempDir()
		if !outside {
			takeIn(t, path)
		}
		in := map[string]engine.Tensor{"sample": waves(1, 4, 16, 16), "timestep": {Shape: []int{1}, Data: []float32{500}}, states: waves(1, 7, 32)}
		want := run(t, open(t, path, Options{}), in)[0].Data
		for range 2 {
			if got := run(t, open(t, path, Options{Fuse: true, Cache: cache}), in)[0].Data; !near(got, want, 1e-4) {
				t.Errorf("weights outside %v: fused it gives something else", outside)
			}
		}
		g := open(t, path, Options{Fuse: true, Cache: cache})
		for _, fresh := range []bool{true, false} {
			if out, err := g.RunReusing(context.Background(), in, "a", fresh); err != nil || !near(out[0].Data, want, 1e-4) {
				t.Errorf("reusing, fresh %v: something else, %v", fresh, err)
			}
		}
	}
}

// takeIn puts the weights beside a network into its file.
func takeIn(t *testing.T, path string) {
	t.Helper()
	f, err := graphfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := os.ReadFile(path + "_data")
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range f.Tensors {
		at, err := strconv.Atoi(w.External["offset"])
		if err != nil {
			continue // in it already
		}
		f.Tensors[i] = &graphfile.Tensor{Name: w.Name, Type: w.Type, Dims: w.Dims, Raw: data[at : at+4*int(w.Elements())]}
	}
	whole, err := f.Model.Bytes()
	if err == nil {
		err = errors.Join(os.WriteFile(path, whole, 0o600), os.Remove(path+"_data"))
	}
	if err != nil {
		t.Fatal(err)
	}
}
