//go:build window

package drive

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/conformance"
	"nirvana/app/recipe"
)

// comfy lays out a ComfyUI in a folder, with a checkpoint, parts, and what other programs write beside files; another
// checkpoint lies on another disk, which its extra_model_paths.yaml names.
func comfy(t *testing.T, root string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(conformance.Unpack(filepath.Join(recorded, "checkpoints", "models.zip"), filepath.Join(root, "unpacked")))
	put := func(from, to string) {
		must(os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o755))
		data, err := os.ReadFile(from)
		must(err)
		must(os.WriteFile(filepath.Join(root, to), data, 0o644))
	}
	model := func(name, to string) { // with the folder that tiny ones need: their sizes are unusual
		put(filepath.Join(root, "unpacked", name+".safetensors"), to+".safetensors")
		must(os.CopyFS(filepath.Join(root, to), os.DirFS(filepath.Join(root, "unpacked", name))))
	}
	model("sd1", "ComfyUI/models/checkpoints/painterly")
	model("sdxl", "disk/checkpoints/large")
	must(os.WriteFile(filepath.Join(root, "ComfyUI", "extra_model_paths.yaml"), []byte("disk:\n  base_path: ../disk\n  checkpoints: checkpoints\n"), 0o644))
	put(filepath.Join(recorded, "adapters", "lora-a.kohya.safetensors"), "ComfyUI/models/loras/styles/ink wash.safetensors")
	put(filepath.Join(recorded, "adapters", "embedding-swirly.safetensors"), "ComfyUI/models/embeddings/swirly.safetensors")
	put(filepath.Join(recorded, "upscaler", "esrgan-x2.safetensors"), "ComfyUI/models/upscale_models/soft.safetensors")
	put(filepath.Join(root, "unpacked", "sd1-controlnet-controlnet.safetensors"), "ComfyUI/models/controlnet/edges.safetensors")
	put(filepath.Join(root, "unpacked", "sd1.safetensors"), "ComfyUI/models/vae/of another.safetensors")
	must(os.WriteFile(filepath.Join(root, "ComfyUI/models/loras/styles/ink wash.civitai.info"), []byte(`{"trainedWords": ["ink wash"]}`), 0o644))
	preview := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		preview.Set(i%64, i/64, color.RGBA{uint8(4 * (i % 64)), 80, uint8(4 * (i / 64)), 255})
	}
	file, err := os.Create(filepath.Join(root, "ComfyUI/models/loras/styles/ink wash.preview.png"))
	must(err)
	must(png.Encode(file, preview))
	must(file.Close())
}

// installationAt are places in a window of 1280 x 800 px: in the settings the page of the folders, and in the list of models the
// first row's button.
var installationAt = map[string]image.Point{"folders": {464, 176}, "model menu": {210, 12}, "use": {968, 220}, "loras": {1243, 49}}

// TestWindowInstallation drops the folder of another program on the window, which lists what is in it, in place: a
// checkpoint is chosen, and a picture generated with it.
func TestWindowInstallation(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	comfy(t, s.home)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(eventually(startLimit, s.ready))
	whole := s.watchAll()
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), filepath.Join(s.home, "ComfyUI")))
	s.must(whole.UntilChanges(1, runLimit))
	s.rest()
	s.state("installation-1-dropped")
	s.appears(func() { s.must(s.display.Press("ctrl+comma")) })
	s.appears(func() { s.must(s.display.Click(s.at(installationAt["folders"].X, installationAt["folders"].Y))) })
	s.state("installation-2-folders")
	s.must(s.display.Press("Escape"))
	s.stands(s.window.Bounds)
	s.must(s.display.Click(s.at(installationAt["model menu"].X, installationAt["model menu"].Y)))
	s.stands(s.window.Bounds)
	s.state("installation-3-menu")
	s.appears(func() { s.must(s.display.Press("Down", "Return")) })
	s.stands(s.window.Bounds)
	s.appears(func() { s.must(s.display.Type("painterly")) })
	s.stands(s.window.Bounds)
	s.state("installation-4-models")
	s.must(s.display.Click(s.at(installationAt["use"].X, installationAt["use"].Y)))
	s.stands(s.window.Bounds)
	s.must(s.display.Press("Escape"))
	s.modelOpens()
	s.state("installation-5-chosen")
	s.made(func() { s.must(s.display.Press("ctrl+Return")) })
	s.state("installation-6-generated")
	s.appears(func() { s.must(s.display.Click(s.at(installationAt["loras"].X, installationAt["loras"].Y))) })
	s.stands(s.window.Bounds)
	s.must(s.watchAll().UntilStill(calm, runLimit))
	s.state("installation-7-loras")
	found, err := filepath.Glob(filepath.Join(s.home, "pictures", "*.png"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d pictures in the history, %v", len(found), err)
	}
	data, err := os.ReadFile(found[0])
	s.must(err)
	if r, err := recipe.Read(data); err != nil || r.Recipe.Model != "painterly" {
		t.Errorf("its recipe says %+v, %v", r.Recipe.Model, err)
	}
}
