package repository

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models"
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
	names, err := Write(f, to)
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
	if _, err := Write(f, to); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("written over: %v", err)
	}
}
