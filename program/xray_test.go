//go:build migrated_fynedo

package program

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/engine/onnx"
	"nirvana/engine/remote/remotetest"
	"nirvana/models"
	"nirvana/models/safetensors"
)

// lookedInto is the evaluation of a model's run behind its second step, which has to be what the run did there.
func lookedInto(t *testing.T, m *cli.Opened, side int) engine.XRay {
	t.Helper()
	q := engine.Request{Prompt: "a red fox", Seed: 3, Steps: 3, Width: side, Height: side, Syntax: true}
	var steps []engine.Step
	for s, err := range m.Generate(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s)
	}
	x, err := m.XRay(t.Context(), q, steps[:2], true)
	if err != nil {
		t.Fatal(err)
	}
	defer m.EndXRay()
	if len(x.Difference) != x.Width*x.Height || x.With.X0.Data == nil || x.Without.X0.Data == nil {
		t.Errorf("%d values of difference, of %d x %d", len(x.Difference), x.Width, x.Height)
	}
	return x
}

// Checkpoints that are opened in place, in the original code's names and as GGUF, show where each word acts; a network on
// a server cannot be given further outputs: it shows the predictions, and no words.
func TestXRayOfEveryKind(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	var rt lazyRuntime
	t.Cleanup(func() { rt.close() })
	open := func(f models.Folder, err error) *cli.Opened {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		m, err := rt.open(t.Context(), f, cli.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { m.Close() })
		return m
	}
	dir := checkpoints(t)
	model := filepath.Join(dir, "sd1.safetensors")
	weights, err := safetensors.Read(model)
	if err != nil {
		t.Fatal(err)
	}
	g := ggufFile{}
	for _, name := range weights.Names() {
		x := weights.Tensors[name]
		v, err := x.Floats()
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Shape) == 2 && x.Shape[1]%32 == 0 {
			raw, _ := quantised(v, "Q8_0")
			g.add(name, x.Shape, "Q8_0", raw)
		} else {
			g.add(name, x.Shape, "F32", encoded(v, "F32"))
		}
	}
	quantised := filepath.Join(dir, "sd1q.gguf")
	if err := os.WriteFile(quantised, g.bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	copyFolder(t, filepath.Join(dir, "sd1"), filepath.Join(dir, "sd1q"))
	for _, path := range []string{model, quantised} {
		x := lookedInto(t, open(models.ReadFile(path)), 64)
		var words []string
		for _, w := range x.Words {
			words = append(words, w.Text)
		}
		if !slices.Equal(words, []string{"a", "red", "fox"}) {
			t.Errorf("%s shows the words %q", filepath.Base(path), words)
		}
	}
	if testing.Short() {
		return
	}
	own, err := models.Read("models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	library, err := rt.get()
	if err != nil {
		t.Fatal(err)
	}
	served, err := library.Load(own, onnx.LoadOptions{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	server := &remotetest.Server{Graphs: map[string]engine.Graph{"there_unet": served.Parts.Denoiser.Graph}}
	data, err := json.Marshal(map[string]any{"servers": []map[string]string{{"address": server.GRPC(t, "127.0.0.1:0")}}, "models": map[string]any{"nirvana": map[string]string{"unet": "there_unet"}}})
	if err == nil {
		err = os.WriteFile(filepath.Join(home, "servers.json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if x := lookedInto(t, open(own, nil), 128); len(x.Words) != 0 || server.Calls.Load() == 0 {
		t.Errorf("on a server it shows %d words, by %d calls", len(x.Words), server.Calls.Load())
	}
}
