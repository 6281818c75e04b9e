package repository

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models"
	"nirvana/models/checkpoint"
)

// graph is a file whose weights lie in a second one.
func graph(t *testing.T, dir string) models.Part {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	m := graphfile.New(17)
	m.Inputs = []graphfile.Value{graphfile.NewValue("sample", graphfile.Float32, -1, 4, -1, -1), graphfile.NewValue("timestep", graphfile.Int64)}
	m.Inputs[1].Shaped = true
	m.Outputs = []graphfile.Value{graphfile.NewValue("out_sample", graphfile.Float16, -1, 4, -1, -1)}
	w := graphfile.NewFloats("w", []int64{2}, []float32{1, 2})
	m.Tensors = append(m.Tensors, w)
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return models.Part{Name: "unet", Path: path}
}

func TestWrite(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "served")
	f := models.Folder{Name: "../my model: 1", Dir: dir, Denoiser: graph(t, filepath.Join(dir, "unet"))}
	names, _, err := Write(f, to)
	if err != nil {
		t.Fatal(err)
	}
	name := names["unet"]
	if name != "my_model_1_unet" {
		t.Fatalf("%v", names)
	}
	text, err := os.ReadFile(filepath.Join(to, name, "config.pbtxt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`name: "my_model_1_unet"`, `backend: "onnxruntime"`, "max_batch_size: 0", "data_type: TYPE_INT64", "data_type: TYPE_FP16", "dims: [ -1, 4, -1, -1 ]"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	g, err := graphfile.Open(filepath.Join(to, name, "1", "model.onnx"))
	if err != nil || len(g.Tensors) != 1 {
		t.Fatalf("%v", err)
	}
	g.Close()
	if _, _, err := Write(f, to); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("written over: %v", err)
	}
}

// A checkpoint's quantised weights are written out as float32, which every server knows.
func TestWriteBlocks(t *testing.T) {
	const width, rows = 32, 3
	path := filepath.Join(t.TempDir(), "encoder.gguf")
	w, data := checkpoint.Weights{}, []byte{}
	put := func(name string, kind checkpoint.Type, raw []byte, shape ...int64) {
		w[name] = checkpoint.Tensor{Type: kind, Shape: shape, Pieces: []checkpoint.Piece{{File: path, Offset: int64(len(data)), Length: int64(len(raw))}}}
		data = append(data, raw...)
	}
	block := append([]byte{0, 0x38}, make([]byte, width)...) // 0.5 times
	block[2], block[3] = 4, 0xfe                             // 4 and -2
	put("text_model.embeddings.token_embedding.weight", "Q8_0", bytes.Repeat(block, rows), rows, width)
	put("text_model.embeddings.position_embedding.weight", "F32", make([]byte, 4*rows*width), rows, width)
	put("text_model.final_layer_norm.weight", "F32", make([]byte, 4*width), width)
	put("text_model.final_layer_norm.bias", "F32", make([]byte, 4*width), width)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	f := models.Folder{Name: "quantised", Text: []models.Part{{Name: "text_encoder", Path: path, Weights: w,
		Config: []byte(`{"architectures":["CLIPTextModel"],"num_hidden_layers":0,"num_attention_heads":4,"eos_token_id":2,"max_position_embeddings":3}`)}}}
	to := t.TempDir()
	if _, _, err := Write(f, to); err != nil {
		t.Fatal(err)
	}
	g, err := graphfile.Open(filepath.Join(to, "quantised_text_encoder", "1", "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for _, d := range g.Outside() {
		if d.Err != nil {
			t.Errorf("%s: %v", d.Name, d.Err)
		}
	}
	made, err := os.ReadFile(filepath.Join(to, "quantised_text_encoder", "1", madeFile))
	if err != nil || len(made) != 4*rows*width || math.Float32frombits(binary.LittleEndian.Uint32(made)) != 2 || math.Float32frombits(binary.LittleEndian.Uint32(made[4:])) != -1 {
		t.Errorf("%v: %d bytes, % x", err, len(made), made[:min(8, len(made))])
	}
}
