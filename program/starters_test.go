package program

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/network/published"
	"nirvana/models"
	"nirvana/models/hub"
)

// starterModels are the published lists of tensors for the models worth starting with, and the kind of each.
var starterModels = map[string]struct{ tensors, kind string }{
	"stable-diffusion-v1-5/stable-diffusion-v1-5": {"sd15", "Stable Diffusion 1"},
	"stabilityai/sd-turbo":                        {"sd21", "Stable Diffusion 2"},
	"stabilityai/stable-diffusion-xl-base-1.0":    {"sdxl", "Stable Diffusion XL"},
	"stabilityai/sdxl-turbo":                      {"sdxl", "Stable Diffusion XL"},
}

// hollow writes a checkpoint in half precision with a published model's tensors, whose numbers take no room on the disk.
func hollow(t *testing.T, model string) string {
	t.Helper()
	all, err := published.Tensors(model)
	if err != nil {
		t.Fatal(err)
	}
	header, at := map[string]any{}, int64(0)
	for _, w := range all {
		shape := append([]int64{}, w.Shape...)
		header[w.Name] = map[string]any{"dtype": "F16", "shape": shape, "data_offsets": []int64{at, at + 2*w.Elements()}}
		at += 2 * w.Elements()
	}
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), model+".safetensors")
	if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 8+int64(len(head))+at); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the list of models worth starting with says of each is what the program says of a checkpoint with its published
// tensors: a family that it opens, a download and a memory of that size.
func TestStartersOpen(t *testing.T) {
	near := func(a, b int64) bool { return a-b < b/20 && b-a < b/20 }
	for _, s := range hub.Starters() {
		of, ok := starterModels[s.Reference]
		if !ok {
			t.Errorf("%s has no list of tensors here", s.Reference)
			continue
		}
		f, err := models.ReadFile(hollow(t, of.tensors))
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		if !strings.HasPrefix(f.Kind(), of.kind) {
			t.Errorf("%s is %s", s.Name, f.Kind())
		}
		if memory := f.Memory(); !near(s.Memory, memory) {
			t.Errorf("%s is said to need %d bytes, and needs %d", s.Name, s.Memory, memory)
		}
		if !near(s.Bytes, f.Bytes) {
			t.Errorf("%s is said to be %d bytes, and is %d", s.Name, s.Bytes, f.Bytes)
		}
	}
}
