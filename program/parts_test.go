//go:build migrated_fynedo

package program

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/app"
	"nirvana/app/cli"
	"nirvana/app/library"
	"nirvana/engine/pixel"
	"nirvana/models"
	"nirvana/models/safetensors"
)

// cut writes the tensors of a checkpoint whose names begin with a prefix into a file of their own, without it, as change gives
// them.
func cut(t *testing.T, from, prefix, to string, change func(name string, v []float32)) string {
	t.Helper()
	f, err := safetensors.Read(from)
	if err != nil {
		t.Fatal(err)
	}
	table, data := map[string]any{}, []byte{}
	for _, name := range f.Names() {
		short, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		v, err := f.Tensors[name].Floats()
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(short, v)
		}
		raw := encoded(v, "F32")
		table[short] = map[string]any{"dtype": "F32", "shape": f.Tensors[name].Shape, "data_offsets": []int{len(data), len(data) + len(raw)}}
		data = append(data, raw...)
	}
	head, err := json.Marshal(table)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// installed is the folder of another program with the recorded checkpoints, VAEs, a ControlNet and an upscaler in it.
func installed(t *testing.T) (root, model string) {
	t.Helper()
	dir := checkpoints(t)
	root = filepath.Join(t.TempDir(), "models")
	for _, name := range []string{"sd1", "sd3", "sdxl"} {
		file := filepath.Join(root, "checkpoints", name+".safetensors")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		copyTo(t, filepath.Join(dir, name+".safetensors"), file)
		copyFolder(t, filepath.Join(dir, name), filepath.Join(root, "checkpoints", name))
	}
	cut(t, filepath.Join(dir, "sd1.safetensors"), "first_stage_model.", filepath.Join(root, "vae", "warm.safetensors"), func(name string, v []float32) {
		if name == "decoder.conv_out.bias" {
			copy(v, []float32{0.6, 0.1, -0.3})
		}
	})
	cut(t, filepath.Join(dir, "sd3.safetensors"), "first_stage_model.", filepath.Join(root, "vae", "sixteen.safetensors"), nil)
	if err := os.MkdirAll(filepath.Join(root, "controlnet"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyTo(t, filepath.Join(dir, "sd1-controlnet-controlnet.safetensors"), filepath.Join(root, "controlnet", "canny.safetensors"))
	return root, filepath.Join(root, "checkpoints", "sd1.safetensors")
}

// A VAE in the model's place changes the picture and lands in its recipe, which makes the same again; one of another number of
// channels is refused in one line.
func TestVAEOfItsOwn(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	root, model := installed(t)
	warm, out := filepath.Join(root, "vae", "warm.safetensors"), filepath.Join(t.TempDir(), "out.png")
	plain := painted(t, model)
	flags := []string{"generate", "--model", model, "--prompt", "a red fox", "--seed", "5", "--steps", "3", "--size", "64x64", "--out", out}
	say(t, cli.Done, append(flags, "--vae", warm)...)
	img, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(pixels(t, img), plain) {
		t.Error("the VAE changes nothing")
	}
	if r := recipeOf(t, out); !slices.Equal(r.VAE, []string{"warm.safetensors"}) {
		t.Errorf("the recipe says %q", r.VAE)
	}
	again := filepath.Join(t.TempDir(), "again.png")
	if said := say(t, cli.Done, "generate", "--recipe", out, "--model", model, "--out", again); !strings.Contains(said, "identical") {
		t.Error(said)
	}
	made, err := os.ReadFile(again)
	if err != nil || !slices.Equal(pixels(t, made), pixels(t, img)) {
		t.Errorf("made again it is another picture (%v)", err)
	}
	moved := filepath.Join(root, "vae", "deeper", "warm.safetensors")
	if err := os.MkdirAll(filepath.Dir(moved), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(warm, moved); err != nil {
		t.Fatal(err)
	}
	say(t, cli.Done, "generate", "--recipe", out, "--model", model, "--out", again)
	if made, err = os.ReadFile(again); err != nil || !slices.Equal(pixels(t, made), pixels(t, img)) {
		t.Errorf("with the VAE found by its name it is another picture (%v)", err)
	}
	os.Remove(moved)
	if said := say(t, cli.Failed, "generate", "--recipe", out, "--model", model, "--out", again); !strings.Contains(said, "is not here: give it with --vae FILE") || strings.Count(said, "\n") != 1 {
		t.Error(said)
	}
	said := say(t, cli.Failed, append(flags, "--vae", filepath.Join(root, "vae", "sixteen.safetensors"))...)
	if !strings.Contains(said, "latents of 16 channels, and this model's have 4") || strings.Count(said, "\n") != 1 {
		t.Error(said)
	}
}

// --prediction is what a scheduler's file would say, lands in the recipe, and is refused for models of another kind.
func TestPrediction(t *testing.T) {
	_, model := installed(t)
	for name, scheduler := range map[string]string{
		"v":      `{"_class_name": "PNDMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "set_alpha_to_one": false, "steps_offset": 1, "skip_prk_steps": true, "prediction_type": "v_prediction"}`,
		"v-zsnr": `{"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "clip_sample": false, "set_alpha_to_one": false, "steps_offset": 1, "prediction_type": "v_prediction", "rescale_betas_zero_snr": true, "timestep_spacing": "trailing"}`,
	} {
		own := filepath.Join(t.TempDir(), "scheduler.json")
		if err := os.WriteFile(own, []byte(scheduler), 0o644); err != nil {
			t.Fatal(err)
		}
		got := painted(t, model, "--prediction", name)
		if !slices.Equal(got, painted(t, model, "--scheduler", own)) {
			t.Errorf("%s is not what such a scheduler makes", name)
		}
		if slices.Equal(got, painted(t, model)) {
			t.Errorf("%s changes nothing", name)
		}
	}
	if !slices.Equal(painted(t, model, "--prediction", "epsilon"), painted(t, model)) {
		t.Error("what the file says anyway changes the picture")
	}
	out := filepath.Join(t.TempDir(), "out.png")
	say(t, cli.Done, "generate", "--model", model, "--prompt", "x", "--steps", "2", "--size", "64x64", "--prediction", "v-zsnr", "--sampler", "Euler", "--out", out)
	if r := recipeOf(t, out); r.Prediction != "v-zsnr" || !strings.Contains(r.Parameters(), "Prediction: v-zsnr") {
		t.Errorf("the recipe says %q", r.Prediction)
	}
	if said := say(t, cli.Done, "generate", "--recipe", out, "--model", model, "--out", out+"2.png"); !strings.Contains(said, "identical") {
		t.Error(said)
	}
	say(t, cli.WrongUsage, "generate", "--model", model, "--prompt", "x", "--prediction", "x0", "--out", out)
	sd3 := filepath.Join(filepath.Dir(model), "sd3.safetensors")
	if said := say(t, cli.Failed, "generate", "--model", sd3, "--prompt", "x", "--steps", "2", "--size", "64x64", "--prediction", "v", "--out", out); !strings.Contains(said, "flow matching") {
		t.Error(said)
	}
}

// What goes with a model is found in the folders of its program and those that the artist added, and fits it.
func TestPartsOfModels(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	root, model := installed(t)
	kept := openFolders("test")
	names := func(list []app.Part) (out []string) {
		for _, p := range list {
			out = append(out, p.Name)
		}
		return out
	}
	for _, c := range []struct {
		model      string
		roots      []string
		vaes, nets []string
	}{
		{model, nil, []string{"warm"}, []string{"canny"}},
		{filepath.Join(filepath.Dir(model), "sd3.safetensors"), nil, []string{"sixteen"}, nil},
		{filepath.Join(filepath.Dir(model), "sdxl.safetensors"), nil, []string{"warm"}, nil},
	} {
		got := kept.parts(t.Context(), c.model, c.roots)
		if !slices.Equal(names(got.VAEs), c.vaes) || !slices.Equal(names(got.ControlNets), c.nets) {
			t.Errorf("%s: %q, %q", c.model, names(got.VAEs), names(got.ControlNets))
		}
	}
	other := filepath.Join(t.TempDir(), "sd1.safetensors")
	copyTo(t, model, other)
	if got := kept.parts(t.Context(), other, nil); len(got.VAEs)+len(got.ControlNets) != 0 {
		t.Errorf("beside a file alone: %+v", got)
	}
	got := kept.parts(t.Context(), other, []string{filepath.Dir(root)})
	if !slices.Equal(names(got.VAEs), []string{"warm"}) || !slices.Equal(names(got.ControlNets), []string{"canny"}) {
		t.Errorf("with a folder added: %+v", got)
	}
	nets := [library.MaxControls]string{got.ControlNets[0].Path}
	if err := fits(app.ModelInfo{Dir: other, With: library.With{VAE: got.VAEs[0].Path, Controls: nets}}); err != nil {
		t.Error(err)
	}
	xl := app.ModelInfo{Dir: filepath.Join(filepath.Dir(model), "sdxl.safetensors"), With: library.With{Controls: nets}}
	if err := fits(xl); err == nil || !strings.Contains(err.Error(), "another family") {
		t.Errorf("a ControlNet of another family: %v", err)
	}
	if err := fits(app.ModelInfo{Dir: model, With: library.With{VAE: filepath.Join(root, "vae", "sixteen.safetensors")}}); err == nil {
		t.Error("a VAE of other channels is taken")
	}
}

// The list of LoRAs leaves out what is known to be something else, and reads each header once.
func TestLoRAsOfTheList(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	root, model := installed(t)
	dir := filepath.Join(root, "loras")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	copyTo(t, recorded+"/adapters/lora-a.kohya.safetensors", filepath.Join(dir, "ink.safetensors"))
	copyTo(t, filepath.Join(root, "vae", "warm.safetensors"), filepath.Join(dir, "vae.safetensors"))
	if err := os.WriteFile(filepath.Join(dir, "ink.json"), []byte(`{"activation text": "ink wash"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	kept := openFolders("test")
	for range 2 {
		var told [][]app.LoRA
		kept.loras(model, func(found []app.LoRA) { told = append(told, found) })
		if len(told) != 2 || len(told[0]) != 1 || told[0][0].Name != "ink" || !slices.Equal(told[1][0].Words, []string{"ink wash"}) {
			t.Fatalf("%+v", told)
		}
	}
	if n := kept.cache.Reads(); n != 2 {
		t.Errorf("%d headers were read of 2 files", n)
	}
}

// A downloaded checkpoint without text encoder and VAE is listed with what it lacks, in the window and in the terminal; it opens
// once both are given. Its hash is that of its own file, whatever VAE is used; text encoders of other families are refused.
func TestLackingCheckpoint(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	root, model := installed(t)
	dir, parts := filepath.Join(home, "models", "artist--net"), t.TempDir()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hub.json"), []byte(`{"File": "net.safetensors"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	clip, t5, cold := filepath.Join(parts, "clip.safetensors"), filepath.Join(parts, "t5.safetensors"), filepath.Join(parts, "cold.safetensors")
	cut(t, model, "model.diffusion_model.", filepath.Join(dir, "net.safetensors"), nil)
	cut(t, model, "cond_stage_model.transformer.", clip, nil)
	cut(t, model, "first_stage_model.", cold, nil)
	cut(t, filepath.Join(root, "checkpoints", "sd3.safetensors"), "text_encoders.t5xxl.transformer.", t5, nil)
	const lacks = "the text encoder CLIP, the VAE"
	m, err := readModel(dir)
	if err != nil || m.Lacks != lacks || !m.Fetched || m.Name != "artist--net" || m.Kind != "Stable Diffusion 1" {
		t.Fatalf("%+v, %v", m, err)
	}
	if got := catalogue().Lacking(); !slices.Equal(got, []string{dir}) {
		t.Errorf("lacking are %q", got)
	}
	var out bytes.Buffer
	if code := cli.Run(t.Context(), cli.Env{Out: &out, Err: &out, Catalogue: known(openFolders(""))}, []string{"models", "list"}); code != cli.Done || !strings.Contains(out.String(), "without "+lacks) {
		t.Errorf("%d, %s", code, &out)
	}
	if kind, part := openFolders("").kindOf(clip); kind != "text encoder" || part.Encoder != "CLIP" || part.Name != "clip" {
		t.Errorf("%s, %+v", kind, part)
	}
	with := func(vae, encoder string) app.ModelInfo {
		m.With = library.With{VAE: vae}
		m.With.TextEncoders.Put("CLIP", encoder)
		return m
	}
	one, err := readWith(with(cold, clip))
	if err != nil {
		t.Fatal(err)
	}
	warm := filepath.Join(root, "vae", "warm.safetensors")
	two, err := readWith(with(warm, clip))
	if err != nil || one.Identity != two.Identity || two.VAE != warm || previews(one) == previews(two) {
		t.Errorf("with another VAE: %v, %s and %s, %q", err, one.Identity, two.Identity, two.VAE)
	}
	if err := fits(with(warm, t5)); err == nil || !strings.Contains(err.Error(), "is a text encoder T5, which Stable Diffusion 1 does not have") {
		t.Errorf("a T5: %v", err)
	}
	xl := app.ModelInfo{Dir: filepath.Join(root, "checkpoints", "sdxl.safetensors")}
	large := filepath.Join(parts, "large.safetensors")
	cut(t, xl.Dir, "conditioner.embedders.1.model.", large, nil)
	xl.With.TextEncoders.Put("CLIP", large)
	if err := fits(xl); err == nil || !strings.HasSuffix(err.Error(), "large.safetensors is the text encoder OpenCLIP, not CLIP: choose it as OpenCLIP") {
		t.Errorf("an OpenCLIP as CLIP: %v", err)
	}
	xl.With = library.With{}
	xl.With.TextEncoders.Put("OpenCLIP", large)
	if err := fits(xl); err != nil {
		t.Errorf("an OpenCLIP in its place: %v", err)
	}
	plain, err := models.Read(model)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := models.ReadWith(model, warm, clip); err != nil || other.Identity != plain.Identity || other.Bytes <= plain.Bytes {
		t.Errorf("%v, %s and %s", err, other.Identity, plain.Identity)
	}
}

// An upscaler is named as the window's list and AUTOMATIC1111's API name it: by its file's name, from the same folders.
func TestUpscalerByName(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	_, model := installed(t)
	if err := os.MkdirAll(filepath.Join(home, "upscalers"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "upscalers", "Soft x2.safetensors")
	copyTo(t, recorded+"/upscaler/esrgan-x2.safetensors", file)
	var rt lazyRuntime
	defer rt.close()
	kept := openFolders("")
	env := cli.Env{Open: rt.open, Upscaler: rt.upscaler, Catalogue: known(kept), Listing: kept.cache, Home: home}
	made := filepath.Join(t.TempDir(), "made.png")
	for name, want := range map[string]int{"soft x2": 128, "Soft x2.safetensors:1.5": 96} {
		var said bytes.Buffer
		env.Out, env.Err = &said, &said
		code := cli.Run(t.Context(), env, []string{"generate", "--model", model, "--prompt", "a fox", "--steps", "1", "--size", "64x64", "--upscale", name, "--out", made})
		if img, err := pixel.Load(made); code != cli.Done || err != nil || img.Rect.Dx() != want {
			t.Errorf("%s: %d, %v, %s", name, code, err, &said)
		}
	}
	listed := kept.parts(t.Context(), model, nil).Upscalers
	served := env.Engine("", cli.OpenOptions{}).Upscalers()
	if len(listed) != 1 || len(served) != 1 || listed[0].Path != file || served[0].Path != file || listed[0].Name != "Soft x2" || served[0].Name != "Soft x2" || listed[0].Scale != 2 || served[0].Scale != 2 || listed[0].Bytes == 0 {
		t.Errorf("the window lists %+v, the API %+v", listed, served)
	}
}
