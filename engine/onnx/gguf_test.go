package onnx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/network"
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
	config, err := json.Marshal(map[string]any{"architectures": []string{"CLIPTextModel"}, "num_hidden_layers": layers, "num_attention_heads": 4, "eos_token_id": 5, "max_position_embeddings": 8})
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

// unlike says where values are others than wanted, but for the order of summation; "" where they are not.
func unlike(got, want []float32) string {
	most := 1.0
	for _, v := range want {
		most = max(most, math.Abs(float64(v)))
	}
	for i, v := range got {
		if math.Abs(float64(v-want[i])) > 3e-5*most {
			return fmt.Sprintf("state %d is %g, not %g", i, v, want[i])
		}
	}
	return ""
}

// Linear layers that stay quantised compute what the numbers compute that they stand for: alone, and with what LoRAs of
// every kind make of them.
func TestQuantisedLayers(t *testing.T) {
	row := func(n, m int, by float32) values {
		v := values{Shape: []int{n, m}}
		for i := range n * m {
			v.Data = append(v.Data, float32(i*7%11-5)*by)
		}
		return v
	}
	const module = "lora_te_text_model_encoder_layers_0_mlp_fc1."
	bias := row(blockWidth, 1, 0.1)
	bias.Shape = []int{blockWidth}
	loras := map[string]map[string]values{
		"none":         nil,
		"plain":        {module + "lora_up.weight": row(blockWidth, 2, 0.02), module + "lora_down.weight": row(2, blockWidth, 0.03)},
		"with a bias":  {module + "lora_up.weight": row(blockWidth, 1, 0.02), module + "lora_down.weight": row(1, blockWidth, 0.03), module + "diff_b": bias},
		"a difference": {module + "diff": row(blockWidth, blockWidth, 0.01)},
		"DoRA":         {module + "lora_up.weight": row(blockWidth, 1, 0.02), module + "lora_down.weight": row(1, blockWidth, 0.03), module + "dora_scale": row(blockWidth, 1, 1)},
	}
	for what, tensors := range loras {
		var change edits
		if tensors != nil {
			file, err := adapter.ReadLoRA(writeTensors(t, tensors))
			if err != nil {
				t.Fatal(what, err)
			}
			change.loras = []adapter.Weighted{{Deltas: file.Deltas["text_encoder"], Weight: 0.5}}
		}
		for kind, c := range numbersOf(t) {
			blocks, plain := encoder(t, encoderOf(t, kind, c.Blocks, 1)), encoder(t, encoderOf(t, "F32", c.Values, 1))
			before := encoded(t, blocks, "hidden_states.1")
			m, err := blocks.file()
			if err != nil {
				t.Fatal(err)
			}
			if left := adapter.Merge(m.Model, change.loras); len(left) > 0 {
				t.Fatalf("%s, %s: %v has no place", what, kind, left)
			}
			m.Close()
			for _, g := range []*Graph{blocks, plain} {
				if err := g.edit(change); err != nil {
					t.Fatal(err)
				}
			}
			got := encoded(t, blocks, "hidden_states.1")
			if wrong := unlike(got, encoded(t, plain, "hidden_states.1")); wrong != "" {
				t.Errorf("%s, %s: %s", what, kind, wrong)
			}
			most := float32(0) // that a LoRA changes at all
			for i := range got {
				most = max(most, got[i]-before[i], before[i]-got[i])
			}
			if (most > 1e-3) != (tensors != nil) {
				t.Errorf("%s, %s: what it changes is wrong", what, kind)
			}
		}
	}
}

// Other devices than the processor are given the numbers, which make the same.
func TestWideBlocks(t *testing.T) {
	for kind, c := range numbersOf(t) {
		p := encoderOf(t, kind, c.Blocks, 1)
		wide := encoder(t, p)
		build := wide.build
		wide.build = func(bool) (*network.Graph, error) { return build(true) }
		if wrong := unlike(encoded(t, wide, "hidden_states.1"), encoded(t, encoder(t, p), "hidden_states.1")); wrong != "" {
			t.Errorf("%s: %s", kind, wrong)
		}
	}
}

// What is kept of a quantised linear layer is not four bytes a number, but what the blocks have, and its factors.
func TestBlocksStaySmall(t *testing.T) {
	for kind, c := range numbersOf(t) {
		g := encoder(t, encoderOf(t, kind, c.Blocks, 1))
		_, made, err := g.pieces(CPU, "")
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, m := range made.made[mainPart] {
			data, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(m.Name, "token_embedding") {
				kept += len(data)
			}
		}
		if bits := 8 * float64(kept) / (6 * blockWidth * blockWidth); bits > 12 {
			t.Errorf("%s: %.1f bits a number", kind, bits)
		}
	}
}
