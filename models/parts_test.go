package models

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// made is a folder with these files.
func made(t testing.TB, dir string, contents map[string]string) string {
	t.Helper()
	for name, text := range contents {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// graph is a network without nodes, with external data where it is named.
func graph(t testing.TB, location string, length int) string {
	t.Helper()
	m := graphfile.New(17)
	if location != "" {
		m.Tensors = append(m.Tensors, &graphfile.Tensor{Name: "w", Type: graphfile.Float32, Dims: []int64{int64(length / 4)},
			External: map[string]string{"location": location, "offset": "16", "length": fmt.Sprint(length)}})
	}
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, 1)}
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// whole is the files of a folder of the class with the parts, all that it has to have.
func whole(t testing.TB, class string, parts ...string) map[string]string {
	index := map[string]any{"_class_name": class, "scheduler": []string{"diffusers", "DDIMScheduler"}}
	all := map[string]string{"scheduler/scheduler_config.json": "{}"}
	for _, p := range parts {
		all[p+"/model.onnx"] = graph(t, "", 0)
		listed := p
		if strings.HasPrefix(p, "vae_") {
			listed = "vae"
		}
		index[listed] = []string{"diffusers", "Model"}
		if suffix, ok := strings.CutPrefix(p, "text_encoder"); ok {
			all["tokenizer"+suffix+"/vocab.json"], all["tokenizer"+suffix+"/merges.txt"] = noWords, ""
		}
	}
	data, err := json.Marshal(index)
	if err != nil {
		t.Fatal(err)
	}
	all["model_index.json"] = string(data)
	return all
}

var families = map[string][]string{
	"StableDiffusionPipeline":           {"unet", "text_encoder", "vae_decoder"},
	"StableDiffusionXLPipeline":         {"unet", "text_encoder", "text_encoder_2", "vae_decoder"},
	"StableDiffusionXLImg2ImgPipeline":  {"unet", "text_encoder_2", "vae_decoder"}, // the refiner
	"StableDiffusion3Pipeline":          {"transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae_decoder"},
	"FluxPipeline":                      {"transformer", "text_encoder", "text_encoder_2", "vae_decoder"},
	"LatentConsistencyModelPipeline":    {"unet", "text_encoder", "vae_decoder"},
	"StableDiffusionControlNetPipeline": {"unet", "text_encoder", "vae_decoder", "controlnet"},
	"DDPMPipeline":                      {"unet"},
}

// A folder that goes without a part of its family is incomplete, and the part is named: also where its folder is
// empty, and where model_index.json does not list its components.
func TestMissingParts(t *testing.T) {
	for class, parts := range families {
		if _, err := Read(made(t, t.TempDir(), whole(t, class, parts...))); err != nil {
			t.Errorf("%s, whole: %v", class, err)
		}
		for _, p := range parts[1:] {
			contents := whole(t, class, parts...)
			delete(contents, p+"/model.onnx")
			complains(t, made(t, t.TempDir(), contents), class, p)
			if class != "StableDiffusionControlNetPipeline" && p != "text_encoder_3" {
				contents["model_index.json"] = `{"_class_name": "` + class + `"}`
				if class != "StableDiffusionXLPipeline" || p != "text_encoder" {
					complains(t, made(t, t.TempDir(), contents), class+", nothing listed", p)
				}
			}
			dir := made(t, t.TempDir(), contents)
			if err := os.MkdirAll(filepath.Join(dir, p), 0o755); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(p, "controlnet") {
				complains(t, dir, class+", an empty folder", p)
			}
		}
	}
}

func complains(t *testing.T, dir, what, part string) {
	t.Helper()
	_, err := Read(dir)
	if fault.Of(err) != fault.Incomplete || !strings.Contains(fmt.Sprint(err), "no "+part+"/model.onnx") {
		t.Errorf("%s without %s: %v", what, part, err)
	}
	if wrong := Check(dir); len(wrong) != 1 || !strings.Contains(wrong[0], part) {
		t.Errorf("%s without %s: check says %q", what, part, wrong)
	}
}

// A folder without model_index.json is known by its networks; one without any network is no model.
func TestNoIndex(t *testing.T) {
	contents := whole(t, "", "unet", "text_encoder", "vae_decoder")
	delete(contents, "model_index.json")
	if f, err := Read(made(t, t.TempDir(), contents)); err != nil || f.Index != nil || len(f.Text) != 1 || f.Decoder.Path == "" {
		t.Error(err)
	}
	if _, err := Read(t.TempDir()); fault.Of(err) != fault.NoModel {
		t.Error(err)
	}
}

// A component that the index has as [null, null] is not missing; a VAE in a folder of another name is pointed to.
func TestPartsThatAreNot(t *testing.T) {
	contents := whole(t, "StableDiffusion3Pipeline", "transformer", "text_encoder", "text_encoder_2", "vae_decoder")
	contents["model_index.json"] = strings.Replace(contents["model_index.json"], `{`, `{"text_encoder_3":[null,null],`, 1)
	if f, err := Read(made(t, t.TempDir(), contents)); err != nil || len(f.Text) != 2 {
		t.Error(err)
	}
	contents = whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder")
	contents["vae/model.onnx"] = contents["vae_decoder/model.onnx"]
	delete(contents, "vae_decoder/model.onnx")
	if _, err := Read(made(t, t.TempDir(), contents)); err == nil || !strings.Contains(err.Error(), "call it vae_decoder") {
		t.Error(err)
	}
	contents = whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder")
	delete(contents, "tokenizer/vocab.json")
	delete(contents, "tokenizer/merges.txt")
	if _, err := Read(made(t, t.TempDir(), contents)); err == nil || !strings.Contains(err.Error(), "no tokenizer for its text_encoder") {
		t.Error(err)
	}
}

// The one .onnx file of a folder is taken whatever it is called, and folders in whatever capitals; of several the
// wanted name is said.
func TestOtherNames(t *testing.T) {
	contents := map[string]string{}
	for name, text := range whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder") {
		contents[strings.NewReplacer("unet/model", "UNet/model_fp16", "text_encoder/model", "Text_Encoder/Model", "tokenizer/", "Tokenizer/", "scheduler/", "Scheduler/").Replace(name)] = text
	}
	contents["UNet/config.json"] = `{"sample_size": 8}`
	dir := made(t, t.TempDir(), contents)
	f, err := Read(dir)
	if err != nil || filepath.Base(f.Denoiser.Path) != "model_fp16.onnx" || f.Denoiser.Config == nil || len(f.Text) != 1 || f.Text[0].Tokenizer != filepath.Join(dir, "Tokenizer") {
		t.Fatalf("%v %+v", err, f)
	}
	if wrong := Check(dir); len(wrong) != 0 {
		t.Error(wrong)
	}
	made(t, dir, map[string]string{"UNet/model_q8.onnx": graph(t, "", 0)})
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "model_fp16.onnx and model_q8.onnx") || !strings.Contains(err.Error(), "call the one") {
		t.Error(err)
	}
	made(t, dir, map[string]string{"UNet/model.onnx": graph(t, "", 0)})
	if f, err := Read(dir); err != nil || filepath.Base(f.Denoiser.Path) != "model.onnx" {
		t.Error(err)
	}
}

// The hub's cache is opened by its snapshot, by the folder of snapshots and by the repository's own folder.
func TestHubCache(t *testing.T) {
	repository := filepath.Join(t.TempDir(), "models--artist--sketch")
	snapshot := filepath.Join(repository, "snapshots", "0123abcd")
	contents := whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder")
	contents["unet/model.onnx"], contents["unet/model.onnx_data"] = graph(t, "model.onnx_data", 64), strings.Repeat("x", 80)
	at := 0
	for name, text := range contents {
		blob := fmt.Sprintf("%040x", at)
		at++
		made(t, filepath.Join(repository, "blobs"), map[string]string{blob: text})
		path := filepath.Join(snapshot, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(filepath.Dir(path), filepath.Join(repository, "blobs", blob))
		if err != nil {
			t.Fatal(err)
		}
		link(t, rel, path)
	}
	made(t, repository, map[string]string{"refs/main": "0123abcd"})
	if err := os.Mkdir(filepath.Join(repository, "snapshots", "older"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{snapshot, repository, filepath.Join(repository, "snapshots")} {
		f, err := Read(dir)
		if err != nil || f.Dir != snapshot || f.Name != "sketch" {
			t.Errorf("%s: %s, %q, %v", dir, f.Dir, f.Name, err)
		}
		if wrong := Check(dir); len(wrong) != 0 {
			t.Errorf("%s: %q", dir, wrong)
		}
	}
}

// JSON as Windows' tools write it, and class names as custom pipelines have them.
func TestJSONOfOthers(t *testing.T) {
	plain := whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder")
	wide := func(text string, mark string, order func(uint16) string) string {
		for _, u := range utf16.Encode([]rune(text)) {
			mark += order(u)
		}
		return mark
	}
	for name, change := range map[string]func(string) string{
		"as it is": func(s string) string { return s },
		"a mark":   func(s string) string { return "\xef\xbb\xbf" + s },
		"UTF-16": func(s string) string {
			return wide(s, "\xff\xfe", func(u uint16) string { return string([]byte{byte(u), byte(u >> 8)}) })
		},
		"UTF-16, turned": func(s string) string {
			return wide(s, "\xfe\xff", func(u uint16) string { return string([]byte{byte(u >> 8), byte(u)}) })
		},
		"a list": func(s string) string {
			return strings.Replace(s, `"StableDiffusionPipeline"`, `["pipeline", "StableDiffusionPipeline"]`, 1)
		},
		"a list with one": func(s string) string {
			return strings.Replace(s, `"StableDiffusionPipeline"`, "[\n\t\"StableDiffusionPipeline\"\n]", 1)
		},
	} {
		contents := maps.Clone(plain)
		contents["model_index.json"] = change(plain["model_index.json"])
		contents["scheduler/scheduler_config.json"] = change(`{"_class_name": "StableDiffusionPipeline"}`)
		contents["unet/config.json"] = change(`{"sample_size": 8}`)
		dir := made(t, t.TempDir(), contents)
		f, err := Read(dir)
		if err != nil || f.Kind() != "Stable" && f.Kind() != "Stable Diffusion" {
			t.Errorf("%s: %q, %v", name, f.Kind(), err)
		}
		for _, data := range [][]byte{f.Index, f.Scheduler, f.Denoiser.Config} {
			var v struct {
				Class string `json:"_class_name"`
			}
			if err := json.Unmarshal(data, &v); err != nil {
				t.Errorf("%s: %v in %s", name, err, data)
			}
		}
		if wrong := Check(dir); len(wrong) != 0 {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// Whatever stands in the JSON files of a folder: it is read, or refused with the file's name.
func FuzzFolderJSON(f *testing.F) {
	for _, s := range []string{`{"_class_name": ["a", "StableDiffusionPipeline"]}`, "\xef\xbb\xbf{}", "\xff\xfe{\x00}\x00", `{"_draft": {"weights": "../x", "scheduler": "s", "num_inference_steps": 4}}`,
		`{"vae": [null, null], "text_encoder": ["a"], "unet": null}`, `{"sample_size": [1e300, -1], "block_out_channels": []}`, "\xff", `[1]`, `{"_class_name": 7}`} {
		f.Add([]byte(s))
	}
	base := whole(f, "", "unet")
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"model_index.json", "scheduler/scheduler_config.json", "unet/config.json"} {
			contents := maps.Clone(base)
			contents[name] = string(data)
			dir := made(t, t.TempDir(), contents)
			folder, err := Read(dir)
			if err != nil {
				if fault.Of(err) == fault.Other {
					t.Errorf("%s: %v is of no kind", name, err)
				}
				continue
			}
			folder.Kind()
			folder.Resolution()
			folder.Refiner()
			folder.Memory()
			Check(dir)
		}
	})
}

// noWords is the vocabulary of a tokenizer that knows the start and the end of a text alone.
const noWords = `{"<|startoftext|>": 0, "<|endoftext|>": 1}`
