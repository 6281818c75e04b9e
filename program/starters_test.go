package program

import (
	"strings"
	"testing"

	"nirvana/engine/network/published/publishedtest"
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
		f, err := models.ReadFile(publishedtest.Hollow(t, of.tensors))
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
