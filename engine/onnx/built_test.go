package onnx

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/bench/network"
	"nirvana/app/conformance"
	"nirvana/engine"
	"nirvana/engine/onnx/graphcache"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models"
	"nirvana/models/checkpoint"
	"nirvana/models/safetensors"
)

// inputsOf are numbers for a network's inputs: one row, eight of what may vary.
func inputsOf(g *Graph) map[string]engine.Tensor {
	in, _ := g.Ports()
	all := map[string]engine.Tensor{}
	for _, p := range in {
		n := 1
		var shape []int
		for axis, d := range p.Shape {
			if d < 0 {
				if d = 8; axis == 0 {
					d = 1
				}
			}
			shape, n = append(shape, d), n*d
		}
		data := make([]float32, n)
		for i := range data {
			switch {
			case p.Type == "int64":
				data[i] = float32(i)
			case p.Name == "timestep":
				data[i] = 801
			default:
				data[i] = float32(math.Sin(0.7 * float64(i)))
			}
		}
		all[p.Name] = engine.Tensor{Shape: shape, Data: data}
	}
	return all
}

// inHalf writes a checkpoint's numbers in half precision into its own file.
func inHalf(t *testing.T, path string) {
	t.Helper()
	f, err := safetensors.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	table, data := map[string]any{}, []byte{}
	for _, name := range f.Names() {
		v, err := f.Tensors[name].Floats()
		if err != nil {
			t.Fatal(err)
		}
		raw := half(v...)
		table[name] = map[string]any{"dtype": "F16", "shape": f.Tensors[name].Shape, "data_offsets": []int{len(data), len(data) + len(raw)}}
		data = append(data, raw...)
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...))
}

// built describes a part of a checkpoint.
func built(t *testing.T, p models.Part, o Options) *Graph {
	t.Helper()
	g, err := shared.Network(p, false, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// apart is the largest difference as a share of the largest value.
func apart(a, b []float32) float64 {
	d, most := 0.0, 0.0
	for i := range a {
		d, most = math.Max(d, math.Abs(float64(a[i]-b[i]))), math.Max(most, math.Abs(float64(a[i])))
	}
	return d / most
}

// On devices that compute in half precision a checkpoint's weights stay in it: no weight is widened, inputs and outputs are
// float32 as always, and the numbers are the same but for half precision's rounding. A network that left the range is
// widened.
func TestInHalfPrecision(t *testing.T) {
	dir := t.TempDir()
	if err := conformance.Unpack("../../app/conformance/testdata/checkpoints/models.zip", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sd1", "sdxl", "sd3"} {
		path := filepath.Join(dir, name+".safetensors")
		inHalf(t, path)
		f, err := models.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		parts := []models.Part{f.Denoiser}
		for _, p := range f.Text {
			if p.Name != "text_encoder_3" { // T5 leaves half precision's range
				parts = append(parts, p)
			}
		}
		for _, p := range parts {
			whole, narrow := built(t, p, Options{Fuse: true}), built(t, p, Options{Fuse: true, half: true})
			in := inputsOf(whole)
			want, got := run(t, whole, in), run(t, narrow, in)
			for i := range want {
				if d := apart(want[i].Data, got[i].Data); !(d < 0.02) {
					t.Errorf("%s, %s: output %d differs by %g", name, p.Name, i, d)
				}
			}
			_, pieces, err := narrow.pieces(CPU, "")
			if err != nil {
				t.Fatal(err)
			}
			for part, data := range pieces.data {
				m, err := graphfile.Parse(data)
				if err != nil {
					t.Fatal(err)
				}
				weightsInHalf(t, name+", "+p.Name+", "+part, m)
			}
			if wide, err := narrow.Widen(); !wide || err != nil {
				t.Errorf("%s, %s: widened is %v, %v", name, p.Name, wide, err)
			}
			if got := run(t, narrow, in); apart(want[0].Data, got[0].Data) > 1e-6 {
				t.Errorf("%s, %s: widened it differs by %g", name, p.Name, apart(want[0].Data, got[0].Data))
			}
			if wide, err := whole.Widen(); wide || err != nil {
				t.Errorf("%s, %s: float32 is widened: %v, %v", name, p.Name, wide, err)
			}
		}
	}
}

// weightsInHalf fails where a network's weights are float32, or made so.
func weightsInHalf(t *testing.T, what string, m *graphfile.Model) {
	t.Helper()
	weight := map[string]bool{}
	for _, w := range m.Tensors {
		weight[w.Name] = w.External != nil
		if weight[w.Name] && w.Type != graphfile.Float16 && w.Type != graphfile.Int64 {
			t.Errorf("%s: the weight %s is %v", what, w.Name, w.Type)
		}
	}
	for _, n := range m.Nodes {
		if n.Op == "Transpose" && weight[n.Inputs[0]] {
			weight[n.Outputs[0]] = true
		}
		if n.Op == "Cast" && weight[n.Inputs[0]] {
			t.Errorf("%s: the weight %s is converted", what, n.Inputs[0])
		}
	}
	for _, v := range m.Feeds() {
		if v.Type == graphfile.Float16 {
			t.Errorf("%s: the input %s is in half precision", what, v.Name)
		}
	}
}

// Whether a device computes in half precision is tried: the processor alone does not pass for one that does.
func TestComputesHalf(t *testing.T) {
	shared := &Runtime{library: shared.library}
	if shared.computesHalf("nothing of this name") {
		t.Error("what the processor computed in its stead is taken for a device's")
	}
}

// A checkpoint's networks are kept as a folder's are: the second opening maps them, weights of another training have a
// place of their own, and what is not whole is made again.
func TestCheckpointCache(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "mini.safetensors")
	if err := network.Checkpoint(path, "mini", ""); err != nil {
		t.Fatal(err)
	}
	unet := func() models.Part {
		f, err := models.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return f.Denoiser
	}
	p := unet()
	plain := built(t, p, Options{})
	in := inputsOf(plain)
	want := run(t, plain, in)[0].Data
	cached := func() []string {
		all, _ := filepath.Glob(filepath.Join(cache, "*", graphcache.Complete))
		return all
	}
	again := func(what string, p models.Part) {
		t.Helper()
		g := built(t, p, Options{Cache: cache})
		if got := run(t, g, in)[0].Data; !near(got, want, 1e-5) {
			t.Errorf("%s: it gives something else", what)
		}
		g.Close()
	}
	again("first", p)
	kept := cached()
	if len(kept) != 1 {
		t.Fatalf("the cache holds %v", kept)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(kept[0], long, long); err != nil {
		t.Fatal(err)
	}
	again("second", p)
	if info, err := os.Stat(kept[0]); err != nil || time.Since(info.ModTime()) > time.Minute {
		t.Errorf("the second time it is not used: %v", err)
	}
	write(t, filepath.Join(filepath.Dir(kept[0]), "main.onnx"), []byte("x"))
	again("broken", p)

	data, err := os.ReadFile(path) // all that follows has the header's names and places, and other numbers
	if err != nil {
		t.Fatal(err)
	}
	for i := 8 + int(binary.LittleEndian.Uint64(data)); i < len(data); i += 2 {
		data[i] ^= 0x40
	}
	write(t, path, data)
	g := built(t, unet(), Options{Cache: cache})
	if got := run(t, g, in)[0].Data; near(got, want, 1e-5) {
		t.Error("other weights in the file's place were not noticed")
	}
	if n := len(cached()); n != 2 {
		t.Errorf("the cache holds %d networks, not those of both files", n)
	}
}

// GGUF's numbers stay quantised in the cache too, and come back from it.
func TestBlocksCached(t *testing.T) {
	all := numbersOf(t)
	for _, kind := range []string{"Q4_0", "Q8_0", "Q6_K"} {
		c, cache := all[checkpoint.Type(kind)], t.TempDir()
		p := encoderOf(t, checkpoint.Type(kind), c.Blocks, 1)
		want := encoded(t, built(t, p, Options{}), "last_hidden_state")
		for range 2 {
			g := built(t, p, Options{Cache: cache})
			if got := encoded(t, g, "last_hidden_state"); !near(got, want, 1e-5) {
				t.Errorf("%s: it gives something else", kind)
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		}
		kept, _ := filepath.Glob(filepath.Join(cache, "*", graphcache.Complete))
		if len(kept) != 1 {
			t.Errorf("%s: the cache holds %v", kind, kept)
		}
	}
}
