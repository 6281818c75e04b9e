//go:build window

package drive

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/conformance"
	"nirvana/app/recipe"
)

// foreign has recorded files of models to lay another program's folder out with.
type foreign struct {
	t    *testing.T
	root string
}

func (f foreign) put(from, to string) {
	f.t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		f.write(to, string(data))
		return
	}
	f.t.Fatal(err)
}

func (f foreign) write(to, text string) {
	f.t.Helper()
	to = filepath.Join(f.root, to)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// model puts a checkpoint with the folder that tiny ones need, whose sizes are unusual.
func (f foreign) model(name, to string) {
	f.t.Helper()
	f.put(filepath.Join(f.root, "unpacked", name+".safetensors"), to+".safetensors")
	if err := os.CopyFS(filepath.Join(f.root, to), os.DirFS(filepath.Join(f.root, "unpacked", name))); err != nil {
		f.t.Fatal(err)
	}
}

func (f foreign) adapter(name, to string) { f.put(filepath.Join(recorded, "adapters", name), to) }

// forge lays out a Forge: AUTOMATIC1111's folders, with text encoders in one of their own.
func (f foreign) forge() string {
	const root = "stable-diffusion-webui-forge/"
	f.model("sd1", root+"models/Stable-diffusion/painterly")
	f.model("sdxl", root+"models/Stable-diffusion/large/large")
	f.adapter("lora-a.kohya.safetensors", root+"models/Lora/styles/ink wash.safetensors")
	f.write(root+"models/Lora/styles/ink wash.json", `{"activation text": "ink wash", "preferred weight": 0.7}`)
	f.adapter("embedding-swirly.safetensors", root+"embeddings/swirly.safetensors")
	f.put(filepath.Join(f.root, "unpacked", "zimage-split", "text_encoders", "qwen3.safetensors"), root+"models/text_encoder/qwen3.safetensors")
	f.put(filepath.Join(f.root, "unpacked", "zimage-split", "vae", "flux.safetensors"), root+"models/VAE/ae.safetensors")
	f.put(filepath.Join(f.root, "unpacked", "sd1-controlnet-controlnet.safetensors"), root+"models/ControlNet/edges.safetensors")
	f.put(filepath.Join(recorded, "upscaler", "esrgan-x2.safetensors"), root+"models/ESRGAN/soft.safetensors")
	return root
}

// invoke lays out an Invoke of 6.9 or later: every model in a folder whose name says nothing.
func (f foreign) invoke() string {
	const root = "invokeai/"
	f.write(root+"invokeai.yaml", "schema_version: 4.0.2\n")
	f.model("sd1", root+"models/3f0b8e6c-5b1e-4a53-9a53-0c1f6a1f7b01/painterly")
	f.model("sdxl", root+"models/8c0d1f4a-2a7e-4d6b-8f3e-5d2c9b7a1e02/large")
	f.adapter("lora-a.kohya.safetensors", root+"models/1d9c7a52-6f0e-4c38-b7d1-9e8f2a3b4c03/ink wash.safetensors")
	f.adapter("embedding-swirly.safetensors", root+"models/6a5b4c3d-2e1f-4091-8273-645546372804/swirly.safetensors")
	f.put(filepath.Join(f.root, "unpacked", "zimage-split", "vae", "flux.safetensors"), root+"models/7e6d5c4b-3a29-4187-9605-f4e3d2c1b005/ae.safetensors")
	f.put(filepath.Join(f.root, "unpacked", "sd1-controlnet-controlnet.safetensors"), root+"models/2b3c4d5e-6f70-4819-a2b3-c4d5e6f70806/edges.safetensors")
	f.put(filepath.Join(recorded, "upscaler", "esrgan-x2.safetensors"), root+"models/9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b07/soft.safetensors")
	return root
}

// TestWindowForge and TestWindowInvoke drop the folders of these programs on the window, as TestWindowInstallation does with ComfyUI's.
func TestWindowForge(t *testing.T)  { dropsProgram(t, "forge", foreign.forge) }
func TestWindowInvoke(t *testing.T) { dropsProgram(t, "invoke", foreign.invoke) }

func dropsProgram(t *testing.T, name string, lay func(foreign) string) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	if err := conformance.Unpack(filepath.Join(recorded, "checkpoints", "models.zip"), filepath.Join(s.home, "unpacked")); err != nil {
		t.Fatal(err)
	}
	root := lay(foreign{t, s.home})
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(eventually(startLimit, s.ready))
	whole := s.watchAll()
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), filepath.Join(s.home, root)))
	s.must(whole.UntilChanges(1, runLimit))
	s.rest()
	s.state(name + "-1-dropped")
	s.must(s.display.Click(s.at(installationAt["model menu"].X, installationAt["model menu"].Y)))
	s.stands(s.window.Bounds)
	s.appears(func() { s.must(s.display.Press("Down", "Return")) })
	s.stands(s.window.Bounds)
	s.state(name + "-2-models")
	s.appears(func() { s.must(s.display.Type("painterly")) })
	s.stands(s.window.Bounds)
	s.must(s.display.Click(s.at(installationAt["use"].X, installationAt["use"].Y)))
	s.stands(s.window.Bounds)
	s.must(s.display.Press("Escape"))
	s.modelOpens()
	s.state(name + "-3-chosen")
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.appears(func() { s.must(s.display.Click(s.at(installationAt["loras"].X, installationAt["loras"].Y))) })
	s.stands(s.window.Bounds)
	s.must(s.watchAll().UntilStill(calm, runLimit))
	s.state(name + "-4-loras")
	found, err := filepath.Glob(filepath.Join(s.home, "pictures", "*.png"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d pictures in the history, %v", len(found), err)
	}
	data, err := os.ReadFile(found[0])
	s.must(err)
	if r, err := recipe.Read(data); err != nil || r.Recipe.Model != "painterly" || strings.Contains(string(data), "/"+root) {
		t.Errorf("its recipe says %+v, %v", r.Recipe.Model, err)
	}
}
