package onnx

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
)

// values is a tensor of testdata/merged.json.
type values struct {
	Shape []int     `json:"shape"`
	Data  []float32 `json:"data"`
}

// writeTensors writes a safetensors file.
func writeTensors(t *testing.T, tensors map[string]values) string {
	t.Helper()
	table, bytes := map[string]any{}, []byte{}
	for name, v := range tensors {
		at := len(bytes)
		for _, x := range v.Data {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(x))
		}
		table[name] = map[string]any{"dtype": "F32", "shape": v.Shape, "data_offsets": []int{at, len(bytes)}}
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lora.safetensors")
	if err := os.WriteFile(path, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), bytes...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// configured is a file under PEFT's name with its settings beside it; the file itself where there are none.
func configured(t *testing.T, path string, config json.RawMessage) string {
	t.Helper()
	if config == nil {
		return path
	}
	to := filepath.Join(filepath.Dir(path), "adapter_model.safetensors")
	if err := errors.Join(os.Rename(path, to), os.WriteFile(filepath.Join(filepath.Dir(path), "adapter_config.json"), config, 0o644)); err != nil {
		t.Fatal(err)
	}
	return to
}

// weighted is a network of one layer: a linear one as exporters write it, transposed or not, or a convolution.
func weighted(w values, transposed bool) *graphfile.Model {
	m := graphfile.New(17)
	shape, data := slices.Clone(w.Shape), w.Data
	if transposed {
		shape[0], shape[1] = shape[1], shape[0]
		data = make([]float32, len(w.Data))
		for o := range w.Shape[0] {
			for i := range w.Shape[1] {
				data[i*w.Shape[0]+o] = w.Data[o*w.Shape[1]+i]
			}
		}
	}
	dims := make([]int64, len(shape))
	for i, d := range shape {
		dims[i] = int64(d)
	}
	m.Tensors = append(m.Tensors, graphfile.NewFloats("onnx::w", dims, data))
	m.Inputs = append(m.Inputs, graphfile.NewValue("x", graphfile.Float32, -1, w.Shape[1]))
	switch {
	case len(shape) == 4:
		m.Inputs[0] = graphfile.NewValue("x", graphfile.Float32, -1, w.Shape[1], -1, -1)
		node(m, "Conv", "/m/Conv", "y", "x", "onnx::w")
	case transposed:
		node(m, "MatMul", "/m/MatMul", "y", "x", "onnx::w")
	default:
		node(m, "Gemm", "/m/Gemm", "y", "x", "onnx::w").SetInt("transB", 1)
	}
	out := graphfile.NewValue("y", graphfile.Float32, -1, w.Shape[0])
	if len(shape) == 4 {
		out = graphfile.NewValue("y", graphfile.Float32, -1, w.Shape[0], -1, -1)
	}
	m.Outputs = append(m.Outputs, out)
	return m
}

// applied is the layer's output where every input in turn is 1 and all others 0: its weights.
func applied(t *testing.T, m *graphfile.Model, w values) []float32 {
	t.Helper()
	in := w.Shape[1]
	x := engine.Zeros(in, in)
	if len(w.Shape) == 4 {
		side := w.Shape[2]
		x = engine.Zeros(in*side*side, in, side, side)
	}
	for i := range x.Shape[0] {
		x.Data[i*len(x.Data)/x.Shape[0]+i] = 1
	}
	out := run(t, open(t, save(t, m), Options{}), map[string]engine.Tensor{"x": x})[0]
	got := make([]float32, len(w.Data))
	for i := range x.Shape[0] {
		for o := range w.Shape[0] {
			got[o*x.Shape[0]+i] = out.Data[i*w.Shape[0]+o]
		}
	}
	return got
}

// Merged weights are those of peft and LyCORIS: plain LoRA, LoCon, LoHa, LoKr and DoRA, in linear layers and convolutions.
func TestMerged(t *testing.T) {
	data, err := os.ReadFile("testdata/merged.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name    string
			Weight  values
			Tensors map[string]values
			Merged  []float32
			Config  json.RawMessage // of the adapter_config.json beside it
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	most := 0.0
	for _, c := range file.Cases {
		lora, err := adapter.ReadLoRA(configured(t, writeTensors(t, c.Tensors), c.Config))
		if err != nil || len(lora.Unknown) > 0 {
			t.Errorf("%s: %v, unknown %v", c.Name, err, lora)
			continue
		}
		for _, transposed := range []bool{false, true} {
			if transposed && len(c.Weight.Shape) == 4 {
				continue
			}
			merge := func(weight float32) []float32 {
				m := weighted(c.Weight, transposed)
				if left := adapter.Merge(m, []adapter.Weighted{{Deltas: lora.Deltas["unet"], Weight: weight}}); len(left) > 0 {
					t.Errorf("%s: no place for %q", c.Name, left)
				}
				return applied(t, m, c.Weight)
			}
			whole := merge(1)
			for i, want := range c.Merged {
				off := math.Abs(float64(whole[i] - want))
				if most = max(most, off); off > 2e-6*max(1, math.Abs(float64(want))) {
					t.Errorf("%s, transposed %v: weight %d is %g, want %g", c.Name, transposed, i, whole[i], want)
					break
				}
			}
			// Half of it is half the way, none is none.
			half, none := merge(0.5), merge(0)
			for i, was := range c.Weight.Data {
				if math.Abs(float64(half[i]-(was+c.Merged[i])/2)) > 1e-5 || math.Abs(float64(none[i]-was)) > 1e-6 {
					t.Errorf("%s: at half weight %d is %g between %g and %g, at none %g", c.Name, i, half[i], was, c.Merged[i], none[i])
					break
				}
			}
		}
	}
	t.Logf("%d cases, largest difference %.2g", len(file.Cases), most)
}

// Optimised graphs that are kept on the disk are those without LoRAs: a merged one neither takes such a graph nor
// leaves its own behind, whatever its weight, and two openings in turn do not mix them up.
func TestMergedPastTheCache(t *testing.T) {
	w := values{[]int{3, 4}, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	path, cache := save(t, weighted(w, true)), t.TempDir()
	delta := adapter.Delta{Key: "m", Rank: 1, Out: 3, In: []int{4}, Up: []float32{1, 2, 3}, Down: []float32{1, 0, -1, 0.5}}
	x := map[string]engine.Tensor{"x": {Shape: []int{1, 4}, Data: []float32{1, 1, 1, 1}}}
	kept := func() int {
		entries, err := os.ReadDir(cache)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return len(entries)
	}
	look := func(weights ...float32) []float32 {
		g := open(t, path, Options{Cache: cache})
		var loras []adapter.Weighted
		for _, k := range weights {
			loras = append(loras, adapter.Weighted{Deltas: []adapter.Delta{delta}, Weight: k})
		}
		if err := g.edit(edits{loras: loras}); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(run(t, g, x)[0].Data)
	}
	for range 2 { // the second time the plain one comes from the cache
		for _, c := range []struct {
			weights []float32
			want    []float32
		}{{nil, []float32{10, 26, 42}}, {[]float32{1}, []float32{10.5, 27, 43.5}}, {[]float32{0.5}, []float32{10.25, 26.5, 42.75}},
			{[]float32{1, 0.5}, []float32{10.75, 27.5, 44.25}}, {[]float32{-2}, []float32{9, 24, 39}}, {nil, []float32{10, 26, 42}}} {
			got := look(c.weights...)
			for i := range got {
				if math.Abs(float64(got[i]-c.want[i])) > 1e-5 {
					t.Errorf("with LoRAs of %v: %v, want %v", c.weights, got, c.want)
					break
				}
			}
			if n := kept(); n != 1 {
				t.Errorf("with LoRAs of %v the cache holds %d graphs", c.weights, n)
			}
		}
	}
	// One graph that is given LoRAs and freed of them again.
	g := open(t, path, Options{Cache: cache})
	for _, k := range []float32{0, 1, 2, 0} {
		var e edits
		if k != 0 {
			e.loras = []adapter.Weighted{{Deltas: []adapter.Delta{delta}, Weight: k}}
		}
		if err := g.edit(e); err != nil {
			t.Fatal(err)
		}
		if got := run(t, g, x)[0].Data[0]; math.Abs(float64(got-(10+0.5*k))) > 1e-5 {
			t.Errorf("at weight %g it gives %g", k, got)
		}
	}
}

// unzipped is one of the recorded runs' model folders, in a folder of its own.
func unzipped(t *testing.T, name string) string {
	t.Helper()
	z, err := zip.OpenReader("../../app/conformance/testdata/models.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	dir := t.TempDir()
	for _, f := range z.File {
		inside, ok := strings.CutPrefix(f.Name, name+"/")
		if !ok {
			continue
		}
		data, err := fs.ReadFile(z, f.Name)
		if err == nil && f.Mode()&fs.ModeSymlink != 0 { // a network that another folder has too
			data, err = fs.ReadFile(z, path.Join(path.Dir(f.Name), string(data)))
		}
		to := filepath.Join(dir, filepath.FromSlash(inside))
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A text encoder that ends early gives the earlier layer's states, normalised by its own final norm; LoRAs go along.
func TestSkip(t *testing.T) {
	path := filepath.Join(unzipped(t, "sdxl"), "text_encoder", "model.onnx")
	g := open(t, path, Options{Cache: t.TempDir()})
	ids := engine.Zeros(1, 77)
	for i := range ids.Data {
		ids.Data[i] = float32(300 + i*7%690)
	}
	_, ports := g.Ports()
	of := func(graph engine.Graph, name string) engine.Tensor {
		t.Helper()
		out, err := graph.Run(t.Context(), map[string]engine.Tensor{"input_ids": ids})
		if err != nil {
			t.Fatal(err)
		}
		return out[slices.IndexFunc(ports, func(p engine.Port) bool { return p.Name == name })]
	}
	f, err := graphfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	numbers := func(name string) []float32 { // exporters write equal tensors once
		for _, n := range f.Model.Nodes {
			if n.Op == "Identity" && n.Outputs[0] == name {
				name = n.Inputs[0]
			}
		}
		for _, w := range f.Model.Tensors {
			if w.Name == name {
				v, _ := w.Floats()
				return v
			}
		}
		return nil
	}
	var gain, bias []float32
	for _, n := range f.Model.Nodes {
		if strings.HasSuffix(n.Name, "/final_layer_norm/LayerNormalization") {
			gain, bias = numbers(n.Inputs[1]), numbers(n.Inputs[2])
		}
	}
	if gain == nil || bias == nil {
		t.Fatal("the final norm was not found")
	}
	for skip, states := range map[int]string{1: "hidden_states.2", 2: "hidden_states.1"} {
		short, err := g.Skip(skip)
		if err != nil {
			t.Fatal(err)
		}
		raw, got := of(g, states), of(short, "last_hidden_state")
		width := raw.Shape[2]
		for at := 0; at < len(raw.Data); at += width {
			row := raw.Data[at : at+width]
			mean, square := 0.0, 0.0
			for _, v := range row {
				mean += float64(v) / float64(width)
			}
			for _, v := range row {
				square += (float64(v) - mean) * (float64(v) - mean) / float64(width)
			}
			for i, v := range row {
				want := (float64(v)-mean)/math.Sqrt(square+1e-5)*float64(gain[i]) + float64(bias[i])
				if math.Abs(want-float64(got.Data[at+i])) > 1e-4 {
					t.Fatalf("skip %d: state %d is %g, want %g", skip, at+i, got.Data[at+i], want)
				}
			}
		}
	}
	if _, err := g.Skip(3); err == nil {
		t.Error("there is no layer before the first")
	}
	first, err := g.Skip(1)
	if err != nil {
		t.Fatal(err)
	}
	before := of(first, "last_hidden_state").Clone()
	width := before.Shape[2]
	key := adapter.Delta{Key: "text_model_encoder_layers_0_self_attn_out_proj", Rank: 1, Out: width, In: []int{width}, Up: make([]float32, width), Down: make([]float32, width)}
	key.Up[0], key.Down[0] = 5, 5
	if err := g.edit(edits{loras: []adapter.Weighted{{Deltas: []adapter.Delta{key}, Weight: 1}}}); err != nil {
		t.Fatal(err)
	}
	if first, err = g.Skip(1); err != nil {
		t.Fatal(err)
	}
	if after := of(first, "last_hidden_state"); slices.Equal(after.Data, before.Data) {
		t.Error("the LoRA does not act on the shortened encoder")
	}
}
