package program

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/cli"
	"nirvana/app/recipe"
	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/models"
)

// servedFrom is the address of a server of the models in a folder.
func servedFrom(t *testing.T, root string) string {
	t.Helper()
	var rt lazyRuntime
	t.Cleanup(func() {
		if err := rt.close(); err != nil {
			t.Error(err)
		}
	})
	env := cli.Env{Open: rt.open, Upscaler: rt.upscaler, Catalogue: models.Catalogue{Roots: []string{root}}}
	s, _ := servetest.StartWith(t, env.Engine("", cli.OpenOptions{}), serve.Options{})
	return s.URL
}

func fileOf(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The references of the own API, and the pictures behind the first in OpenAI's, make the picture that the command line makes with
// --reference, in their order, and their recipes tell of them.
func TestReferencesOverHTTP(t *testing.T) {
	root := modelsOf(t, recordedKlein)
	model, dir := filepath.Join(root, "klein-diffusers"), t.TempDir()
	scene, odd := recorded+"/inputs/scene.png", recorded+"/inputs/odd.png"
	all := [][]string{{scene}, {scene, odd}, {odd, scene}}
	var want, got [3][]byte
	for i, refs := range all {
		file := filepath.Join(dir, "a.png")
		flags := []string{"generate", "--model", model, "--prompt", "a red fox", "--seed", "5", "--steps", "3", "--size", "64x64", "--out", file}
		for _, path := range refs {
			flags = append(flags, "--reference", path)
		}
		say(t, cli.Done, flags...)
		want[i] = fileOf(t, file)
	}
	var alone, both []byte
	t.Run("served", func(t *testing.T) { // one at a time has ONNX Runtime
		url := servedFrom(t, root)
		for i, refs := range all {
			f, err := recipe.Read(want[i])
			if err != nil {
				t.Fatal(err)
			}
			got[i] = ranWith(t, url, f.Recipe, refs...)
		}
		alone, both = edited(t, url, scene), edited(t, url, scene, odd)
	})
	seen := map[string]bool{}
	for i, refs := range all {
		if f, err := recipe.Read(got[i]); err != nil || f.Recipe.References() != len(refs) {
			t.Errorf("of %d references the recipe tells %d: %v", len(refs), f.Recipe.References(), err)
		}
		if !slices.Equal(pixels(t, got[i]), pixels(t, want[i])) {
			t.Errorf("%d references make another picture than on the command line", len(refs))
		}
		seen[string(pixels(t, got[i]))] = true
	}
	if len(seen) != len(all) {
		t.Error("the references, or their order, are not seen")
	}
	if f, err := recipe.Read(both); err != nil || f.Recipe.References() != 1 {
		t.Fatalf("the recipe tells %d references: %v", f.Recipe.References(), err)
	}
	made, again := filepath.Join(dir, "made.png"), filepath.Join(dir, "again.png")
	if err := os.WriteFile(made, both, 0o644); err != nil {
		t.Fatal(err)
	}
	say(t, cli.Done, "generate", "--recipe", made, "--model", model, "--init", scene, "--reference", odd, "--out", again)
	if !slices.Equal(pixels(t, both), pixels(t, fileOf(t, again))) {
		t.Error("OpenAI's second picture is another reference than on the command line")
	}
	if slices.Equal(pixels(t, both), pixels(t, alone)) {
		t.Error("OpenAI's second picture is not seen")
	}
}

// ranWith is the picture file of a run of the own API.
func ranWith(t *testing.T, url string, r recipe.Recipe, refs ...string) []byte {
	t.Helper()
	var all []string
	for _, path := range refs {
		all = append(all, base64.StdEncoding.EncodeToString(fileOf(t, path)))
	}
	body, err := json.Marshal(map[string]any{"recipe": r, "references": all})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(url+"/nirvana/v1/runs", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var run struct {
		ID, State string
		Error     string
		Images    []struct{ PNG string }
	}
	for err = read(answer, &run); err == nil && run.State != "finished"; {
		if run.ID == "" || run.State == "failed" {
			t.Fatalf("%+v", run)
		}
		time.Sleep(20 * time.Millisecond)
		if answer, err = http.Get(url + "/nirvana/v1/runs/" + run.ID); err == nil {
			err = read(answer, &run)
		}
	}
	if err != nil || len(run.Images) != 1 {
		t.Fatal(run.State, len(run.Images), err)
	}
	png, err := base64.StdEncoding.DecodeString(run.Images[0].PNG)
	if err != nil {
		t.Fatal(err)
	}
	return png
}

func read(answer *http.Response, to any) error {
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(to)
}

// edited is the picture file of OpenAI's images/edits.
func edited(t *testing.T, url string, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range map[string]string{"model": "klein-diffusers", "prompt": "make it red", "steps": "3", "seed": "5", "size": "64x64"} {
		w.WriteField(k, v)
	}
	for _, path := range files {
		f, err := w.CreateFormFile("image[]", filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		f.Write(fileOf(t, path))
	}
	w.Close()
	answer, err := http.Post(url+"/v1/images/edits", w.FormDataContentType(), strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Data []struct {
			PNG string `json:"b64_json"`
		}
		Error any
	}
	if err := read(answer, &out); err != nil || len(out.Data) != 1 {
		t.Fatalf("%v %+v", err, out.Error)
	}
	png, err := base64.StdEncoding.DecodeString(out.Data[0].PNG)
	if err != nil {
		t.Fatal(err)
	}
	return png
}
