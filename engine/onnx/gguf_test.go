package onnx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine"
	"nirvana/engine/onnx/adapter"
	"nirvana/models"
	"nirvana/models/checkpoint"
)

// blockWidth is the width of the text encoder in these tests: a row of one block of 256 numbers.
const blockWidth, blockRows = 256, 6

// numbersOf are six rows of a kind's blocks of random bytes, and the numbers that PyPI's gguf 0.19.0 makes of them
// (app/conformance/record/blocks.py).
func numbersOf(t *testing.T) map[checkpoint.Type]struct{ Blocks, Values []byte } {
	t.Helper()
	packed, err := os.ReadFile("testdata/gguf/blocks.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var all map[checkpoint.Type]struct{ Blocks, Values []byte }
	if err := json.NewDecoder(r).Decode(&all); err != nil || len(all) != 10 {
		t.Fatal(len(all), err)
	}
	return all
}

// encoderOf is a text encoder of so many layers, all of whose matrices are one kind's blocks.
func encoderOf(t *testing.T, kind checkpoint.Type, blocks []byte, layers int) models.Part {
	t.Helper()
	path := filepath.Join(t.TempDir(), "encoder.gguf")
	var data []byte
	w := checkpoint.Weights{}
	put := func(name string, kind checkpoint.Type, raw []byte, shape ...int64) {
		w[name] = checkpoint.Tensor{Type: kind, Shape: shape, Pieces: []checkpoint.Piece{{File: path, Offset: int64(len(data)), Length: int64(len(raw))}}}
		data = append(data, raw...)
	}
	ones := bytes.Repeat(binary.LittleEndian.AppendUint32(nil, math.Float32bits(1)), blockWidth)
	square := bytes.Repeat(blocks, blockWidth/blockRows+1)[:len(blocks)/blockRows*blockWidth]
	put("text_model.embeddings.token_embedding.weight", kind, blocks, blockRows, blockWidth)
	put("text_model.embeddings.position_embedding.weight", "F32", make([]byte, 4*8*blockWidth), 8, blockWidth)
	put("text_model.final_layer_norm.weight", "F32", ones, blockWidth)
	put("text_model.final_layer_norm.bias", "F32", make([]byte, 4*blockWidth), blockWidth)
	if layers > 0 {
		layer := "text_model.encoder.layers.0."
		for _, name := range []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2"} {
			put(layer+name+".weight", kind, square, blockWidth, blockWidth)
			put(layer+name+".bias", "F32", make([]byte, 4*blockWidth), blockWidth)
		}
		for _, name := range []string{"layer_norm1", "layer_norm2"} {
			put(layer+name+".weight", "F32", ones, blockWidth)
			put(layer+name+".bias", "F32", make([]byte, 4*blockWidth), blockWidth)
		}
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{"architectures": []string{"CLIPTextModel"}, "num_hidden_layers": layers, "num_attention_heads": 4, "eos_token_id": 5})
	if err != nil {
		t.Fatal(err)
	}
	return models.Part{Name: "text_encoder", Path: path, Config: config, Weights: w}
}

// encoded runs an encoder over its six tokens and gives the output of the name.
func encoded(t *testing.T, g *Graph, name string) []float32 {
	t.Helper()
	out := run(t, g, map[string]engine.Tensor{"input_ids": {Shape: []int{1, blockRows}, Data: []float32{0, 1, 2, 3, 4, 5}}})
	_, ports := g.Ports()
	for i, p := range ports {
		if p.Name == name {
			return out[i].Data
		}
	}
	t.Fatalf("there is no output %s", name)
	return nil
}

func encoder(t *testing.T, p models.Part) *Graph {
	t.Helper()
	g, err := shared.Network(p, false, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// Every kind of GGUF's blocks becomes the numbers that the reference makes of it, bit by bit but for the order in which
// three factors are multiplied.
func TestBlocks(t *testing.T) {
	for kind, c := range numbersOf(t) {
		got := encoded(t, encoder(t, encoderOf(t, kind, c.Blocks, 0)), "hidden_states.0")
		if len(got) != blockRows*blockWidth {
			t.Fatalf("%s: %d numbers", kind, len(got))
		}
		for i, v := range got {
			want := math.Float32frombits(binary.LittleEndian.Uint32(c.Values[4*i:]))
			if math.Abs(float64(v-want)) > 3e-7*math.Abs(float64(want)) {
				t.Errorf("%s: number %d is %g, not %g", kind, i, v, want)
				break
			}
		}
	}
}

// A LoRA over blocks makes what it makes over the numbers that they stand for.
func TestLoRAOverBlocks(t *testing.T) {
	delta := adapter.Delta{Key: "text_model_encoder_layers_0_mlp_fc1", Rank: 1, Out: blockWidth, In: []int{blockWidth}, Up: make([]float32, blockWidth), Down: make([]float32, blockWidth)}
	for i := range blockWidth {
		delta.Up[i], delta.Down[i] = float32(i%5)/20, float32(i%7-3)/20
	}
	change := edits{loras: []adapter.Weighted{{Deltas: []adapter.Delta{delta}, Weight: 0.5}}}
	for kind, c := range numbersOf(t) {
		blocks := encoder(t, encoderOf(t, kind, c.Blocks, 1))
		plain := encoder(t, encoderOf(t, "F32", c.Values, 1))
		before := encoded(t, blocks, "hidden_states.1")
		m, err := blocks.model()
		if err != nil {
			t.Fatal(err)
		}
		if left := adapter.Merge(m.Model, change.loras); len(left) > 0 {
			t.Fatalf("%s: %v has no place", kind, left)
		}
		m.Close()
		for _, g := range []*Graph{blocks, plain} {
			if err := g.edit(change); err != nil {
				t.Fatal(err)
			}
		}
		got, want := encoded(t, blocks, "hidden_states.1"), encoded(t, plain, "hidden_states.1")
		changed := false
		for i, v := range got {
			changed = changed || math.Abs(float64(v-before[i])) > 1e-3
			if math.Abs(float64(v-want[i])) > 1e-5*max(1, math.Abs(float64(want[i]))) {
				t.Errorf("%s: state %d is %g, not %g", kind, i, v, want[i])
				break
			}
		}
		if !changed {
			t.Errorf("%s: the LoRA changes nothing", kind)
		}
	}
}
