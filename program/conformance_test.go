//go:build migrated_fynedo

package program

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"image"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"nirvana/app/cli"
	"nirvana/app/conformance"
	"nirvana/app/recipe"
	"nirvana/engine/pixel"
	"nirvana/models"
)

const recorded = "app/conformance/testdata"

// recordedModels is a folder of the recorded runs' model folders, unpacked once for all tests.
func recordedModels(t *testing.T) string {
	t.Helper()
	dir, err := unpacked()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var unpacked = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "nirvana-recorded-")
	if err != nil {
		return "", err
	}
	return dir, conformance.Unpack(filepath.Join(recorded, "models.zip"), dir)
})

// tidy runs the tests at the top of the source tree, and removes that folder after them.
type tidy struct{ *testing.M }

func (m tidy) Run() int {
	if err := os.Chdir(".."); err != nil {
		panic(err)
	}
	code := m.M.Run()
	if dir, err := unpacked(); err == nil {
		_ = os.RemoveAll(dir)
	}
	return code
}

// say runs a command in this process and gives what it said.
func say(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	var rt lazyRuntime
	code := cli.Run(context.Background(), cli.Env{Out: &out, Err: &out, Open: rt.open, Upscaler: rt.upscaler, Segment: rt.segment, Catalogue: models.Shipped()}, args)
	if err := rt.close(); err != nil {
		t.Fatal(err)
	}
	if code != want {
		t.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), code, out.String())
	}
	return out.String()
}

// A few recorded runs of every kind of folder and mode; make conformance runs them all.
//
// The 194 pictures that diffusers' own pipeline tests expect are not among them: 71 are of published
// checkpoints, 106 of networks that torch draws inside the test, 17 of a checkpoint of tiny ones that
// cannot be had; none of their weights is here. What those tests set (steps, strength, eta, schedulers
// made from one another, numpy's generator) is in these cases and in engine/random's tables.
func TestConformance(t *testing.T) {
	few := "sd1-pndm,sd1-img2img-pndm,inpaint9,flux-guidance-1,ti-,lora-two,controlnet-guess,further-ddpm-class-DDIM,further-in9-DDIM,further-sdxl-p-SASolver,further-sd1-i-PNDM-38," +
		"sd1-legacy-pndm,sd2v-ddim,lcm-4,lcm-img2img,ip2p-euler-a,depth-ddim,refiner-after-euler,taesd-txt2img,sd3-plain,flux-schnell-1,ddpm-ddpm,learned-range,controlnets-two"
	dir := t.TempDir()
	out := say(t, cli.Done, "conformance", filepath.Join(recorded, "cases.json.gz"), "--only", few, "--trace", dir)
	if !strings.HasSuffix(out, " passed, 0 failed\n") || strings.Count(out, " ok\n") < 26 {
		t.Fatal(out)
	}
	for _, name := range []string{"final.npy", "step-00.npy", "step-08.npy", "picture-0.png"} {
		if _, err := os.Stat(filepath.Join(dir, "sd1-pndm", name)); err != nil {
			t.Error(err)
		}
	}
}

// Runs whose guidance, prompts and mask changed on the way are what diffusers makes with a callback_on_step_end.
func TestConformanceSteered(t *testing.T) {
	out := say(t, cli.Done, "conformance", filepath.Join(recorded, "steered.json.gz"))
	if !strings.HasSuffix(out, "21 passed, 0 failed\n") {
		t.Fatal(out)
	}
}

// A changed recording is noticed: the comparison can fail.
func TestConformanceDiffers(t *testing.T) {
	packed, err := os.Open(filepath.Join(recorded, "cases.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	changed := bytes.Replace(data, []byte(`"a red fox sleeping`), []byte(`"a blue fox sleeping`), 1)
	path := filepath.Join(dir, "cases.json")
	if err := os.WriteFile(path, changed, 0o644); err != nil {
		t.Fatal(err)
	}
	out := say(t, cli.Failed, "conformance", path, "--models", filepath.Join(recorded, "models.zip"), "--only", "sd1-ddpm")
	if !strings.Contains(out, "differs: token_ids: ") || !strings.Contains(out, "0 passed, 1 failed") {
		t.Error(out)
	}
}

// drawn is a small picture of the recorded folder.
func drawn(t *testing.T, prompt string, flags ...string) *image.RGBA {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.png")
	say(t, cli.Done, append([]string{"generate", "--model", filepath.Join(recordedModels(t), "sd1"), "--prompt", prompt, "--seed", "5", "--steps", "3", "--size", "64x64", "--out", file}, flags...)...)
	img, err := pixel.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func equal(a, b *image.RGBA) bool { return bytes.Equal(a.Pix, b.Pix) }

// <lora:name:weight> in a prompt is --lora FILE:weight, and a name that is not there is told.
func TestPromptLoRA(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	file := filepath.Join(recorded, "adapters", "lora-a.kohya.safetensors")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(home, "loras"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "loras", "Blobs.safetensors"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	plain, byFlag, byPrompt := drawn(t, "a fox"), drawn(t, "a fox", "--lora", file+":0.7"), drawn(t, "a fox<lora:blobs:0.7>")
	if !equal(byFlag, byPrompt) {
		t.Error("the prompt's LoRA draws otherwise than the flag's")
	}
	if equal(plain, byPrompt) {
		t.Error("the LoRA changes nothing")
	}
	out := say(t, cli.Failed, "generate", "--model", filepath.Join(recordedModels(t), "sd1"), "--prompt", "a fox <lora:nothing>", "--seed", "1", "--out", filepath.Join(home, "x.png"))
	if !strings.Contains(out, "nothing.safetensors") || !strings.Contains(out, filepath.Join(home, "loras")) || strings.Count(out, "\n") != 1 {
		t.Error(out)
	}
}

// Guidance that changes over the steps: a level curve is plain guidance, an interval of all steps too.
func TestGuidanceOverSteps(t *testing.T) {
	plain := drawn(t, "a fox", "--guidance", "6")
	for _, flags := range [][]string{{"--guidance-curve", "6,6"}, {"--guidance", "6", "--guidance-interval", "0,1"}} {
		if !equal(plain, drawn(t, "a fox", flags...)) {
			t.Errorf("%v draws another picture", flags)
		}
	}
	for _, flags := range [][]string{{"--guidance-curve", "9,6,2"}, {"--guidance", "6", "--guidance-interval", "0.3,1"}} {
		if equal(plain, drawn(t, "a fox", flags...)) {
			t.Errorf("%v changes nothing", flags)
		}
	}
	for _, flags := range [][]string{{"--guidance-curve", "9,x"}, {"--guidance-interval", "0.8,0.2"}, {"--guidance-interval", "1"}} {
		say(t, cli.WrongUsage, append([]string{"generate", "--prompt", "x", "--seed", "1", "--out", "x.png"}, flags...)...)
	}
}

// A ControlNet is named by its folder or its number, or not at all; what steers it changes the picture.
func TestControlFlag(t *testing.T) {
	scene := filepath.Join(recorded, "inputs", "scene.png")
	folder := []string{"--model", filepath.Join(recordedModels(t), "sd1-controlnet")}
	with := func(control string) *image.RGBA { return drawn(t, "a fox", append(folder, "--control", control)...) }
	named := with("controlnet:" + scene + ":0.8")
	if !equal(named, with("1:"+scene+":0.8")) || !equal(named, with(scene+":0.8")) {
		t.Error("the same ControlNet, named otherwise, draws otherwise")
	}
	if equal(named, drawn(t, "a fox", folder...)) || equal(named, with(scene+":0.3")) {
		t.Error("its weight changes nothing")
	}
	for _, bad := range []string{"3:" + scene + ":1", "pose:" + scene, scene + ":x"} {
		args := append([]string{"generate", "--prompt", "x", "--seed", "1", "--out", filepath.Join(t.TempDir(), "x.png"), "--control", bad}, folder...)
		if out := say(t, cli.WrongUsage, args...); strings.Count(out, "\n") != 1 {
			t.Error(out)
		}
	}
}

// recipeOf is what `nirvana info --json` says of a picture.
func recipeOf(t *testing.T, file string) recipe.Recipe {
	t.Helper()
	var r recipe.Recipe
	if err := json.Unmarshal([]byte(say(t, cli.Done, "info", "--json", file)), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// copyFolder copies what links point to, where os.CopyFS would copy the links.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A recipe brings back ControlNets with their weights and intervals, LoRAs and embeddings; the pictures are given again.
func TestRecipeOfAdapters(t *testing.T) {
	dir := t.TempDir()
	scene, small := filepath.Join(recorded, "inputs", "scene.png"), filepath.Join(recorded, "inputs", "small.png")
	lora, word := filepath.Join(recorded, "adapters", "lora-a.kohya.safetensors"), filepath.Join(recorded, "adapters", "gloomy.safetensors")
	folder := filepath.Join(dir, "nets")
	copyFolder(t, filepath.Join(recordedModels(t), "sd1-controlnet"), folder)
	outside := filepath.Join(dir, "pose") // a ControlNet that is a folder of its own
	copyFolder(t, filepath.Join(folder, "controlnet"), outside)
	first := filepath.Join(dir, "first.png")
	say(t, cli.Done, "generate", "--model", folder, "--prompt", "a gloomy fox", "--seed", "5", "--steps", "4", "--size", "64x64", "--out", first,
		"--control", "controlnet:"+scene+":0.8,0,0.6", "--control", outside+":"+small+":0.5", "--lora", lora+":0.7", "--embedding", word)
	r := recipeOf(t, first)
	want := []recipe.Control{{Net: "controlnet", Weight: 0.8, Until: 0.6}, {Net: "pose", Weight: 0.5}}
	if !reflect.DeepEqual(r.Controls, want) || !reflect.DeepEqual(r.LoRAs, []recipe.LoRA{{Name: filepath.Base(lora), Weight: 0.7}}) || !reflect.DeepEqual(r.Embeddings, []string{filepath.Base(word)}) {
		t.Errorf("%+v %+v %v", r.Controls, r.LoRAs, r.Embeddings)
	}
	for _, missing := range []struct{ file, to, want string }{{word, "embeddings", "give it with --embedding"}, {lora, "loras", "give it with --lora"}} {
		out := say(t, cli.Failed, "generate", "--recipe", first, "--model", folder, "--control", scene, "--out", filepath.Join(dir, "x.png"))
		if !strings.Contains(out, missing.want) || strings.Count(out, "\n") != 1 {
			t.Error(out)
		}
		if err := os.MkdirAll(filepath.Join(folder, missing.to), 0o755); err != nil {
			t.Fatal(err)
		}
		copyTo(t, missing.file, filepath.Join(folder, missing.to, filepath.Base(missing.file)))
	}
	again := func(name string, flags ...string) *image.RGBA {
		file := filepath.Join(dir, name)
		say(t, cli.Done, append([]string{"generate", "--recipe", first, "--model", folder, "--out", file}, flags...)...)
		img, err := pixel.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	made, err := pixel.Load(first)
	if err != nil {
		t.Fatal(err)
	}
	pictures := []string{"--control", "controlnet:" + scene, "--control", outside + ":" + small}
	if !equal(made, again("again.png", pictures...)) {
		t.Error("from its recipe the picture is another")
	}
	for what, flags := range map[string][]string{
		"weight":    {"--control", "controlnet:" + scene + ":0.3,0,0.6", "--control", outside + ":" + small},
		"interval":  {"--control", "controlnet:" + scene + ":0.8,0,1", "--control", outside + ":" + small},
		"begin":     {"--control", "controlnet:" + scene + ":0.8,0.3,0.6", "--control", outside + ":" + small},
		"second":    {"--control", "controlnet:" + scene, "--control", outside + ":" + scene},
		"one alone": {"--control", "controlnet:" + scene},
		"lora":      append([]string{"--lora", lora + ":0.1"}, pictures...),
	} {
		if equal(made, again("other.png", flags...)) {
			t.Errorf("another %s changes nothing", what)
		}
	}
	for want, flags := range map[string][]string{
		"give it with --control": nil,
		"none of":                {"--control", "depth:" + scene},
		"shares of the steps":    {"--control", scene + ":1,0.8,0.2"},
	} {
		code := cli.WrongUsage
		if flags == nil {
			code = cli.Failed
		}
		if out := say(t, code, append([]string{"generate", "--recipe", first, "--model", folder, "--out", filepath.Join(dir, "x.png")}, flags...)...); !strings.Contains(out, want) || strings.Count(out, "\n") != 1 {
			t.Errorf("%v: %s", flags, out)
		}
	}
}

// An embedding in the folder for them is called by its name; one for another model, or a broken one, is left out.
func TestEmbeddingsFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	plain := drawn(t, "a gloomy fox")
	folder, word := filepath.Join(home, "embeddings"), filepath.Join(recorded, "adapters", "gloomy.safetensors")
	data, err := os.ReadFile(word)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"gloomy": data, "broken": []byte("x")} {
		if err := os.WriteFile(filepath.Join(folder, name+".safetensors"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	named := drawn(t, "a gloomy fox")
	if equal(plain, named) || !equal(named, drawn(t, "a gloomy fox", "--embedding", word)) {
		t.Error("the embedding in the folder is not the one that the prompt names")
	}
	sdxl := filepath.Join(recordedModels(t), "sdxl") // its encoders are of the same width: it is taken there too, or left out, and never an error
	say(t, cli.Done, "generate", "--model", sdxl, "--prompt", "a fox", "--seed", "1", "--steps", "1", "--size", "64x64", "--out", filepath.Join(home, "x.png"))
}
