package sdapi_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/app/serve/work"
	"nirvana/app/style"
	"nirvana/engine/pixel"
	"nirvana/models"
)

// ask sends a body and returns the response.
func ask(t *testing.T, s *httptest.Server, method, path string, body any) (int, map[string]any) {
	t.Helper()
	status, data := raw(t, s, method, path, body)
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil && string(data) != "null" {
		t.Fatalf("%s %s answered %d %.300s", method, path, status, data)
	}
	return status, out
}

func raw(t *testing.T, s *httptest.Server, method, path string, body any) (int, []byte) {
	t.Helper()
	data, ok := body.(string)
	if !ok && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		data = string(b)
	}
	r, err := http.NewRequest(method, s.URL+"/sdapi/v1/"+path, strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	out, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, out
}

// pictures decodes a response's pictures, with their files.
func pictures(t *testing.T, answer map[string]any) (out []*image.RGBA, files [][]byte) {
	t.Helper()
	for _, text := range answer["images"].([]any) {
		data, err := base64.StdEncoding.DecodeString(text.(string))
		if err != nil {
			t.Fatal(err)
		}
		img, err := pixel.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		out, files = append(out, img), append(files, data)
	}
	return out, files
}

func encoded(t *testing.T, img image.Image) string {
	t.Helper()
	data, err := recipe.EncodePNG(img, nil)
	if err != nil {
		t.Fatal(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(data)
}

func mask(w, h int, at image.Rectangle) *image.Gray {
	return pixel.Rectangle(image.Rect(0, 0, w, h), at)
}

// Pictures of a prompt contain the recipe that reproduces them, and info describes each.
func TestTxt2img(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	body := map[string]any{"prompt": "a moon", "seed": 5, "steps": "6", "sampler_name": "Euler", "scheduler": "karras", "width": 48, "height": 40, "batch_size": 2, "n_iter": 1.0, "cfg_scale": 1, "tiling": true}
	status, answer := ask(t, s, "POST", "txt2img", body)
	if status != 200 {
		t.Fatalf("%d %v", status, answer)
	}
	imgs, files := pictures(t, answer)
	var info map[string]any
	if err := json.Unmarshal([]byte(answer["info"].(string)), &info); err != nil {
		t.Fatal(err)
	}
	if len(imgs) != 2 || imgs[0].Rect != image.Rect(0, 0, 48, 40) || fmt.Sprint(info["all_seeds"]) != "[5 6]" || info["sampler_name"] != "Euler" || bytes.Equal(imgs[0].Pix, imgs[1].Pix) {
		t.Fatalf("%d pictures of %v, info %v", len(imgs), imgs[0].Rect, info)
	}
	found, err := recipe.Read(files[1])
	if err != nil || found.Recipe.Seed != 6 || found.Recipe.Schedule != "Karras" || found.Recipe.Class != "moon" || found.Recipe.Tiling != "both" || len(found.Recipe.Hashes) != 7 {
		t.Fatalf("%+v %v", found.Recipe, err)
	}
	_, again := ask(t, s, "POST", "txt2img", map[string]any{"prompt": "moon", "seed": 6, "steps": 6, "sampler_name": "Euler", "scheduler": "Karras", "width": 48, "height": 40, "cfg_scale": 1, "tiling": true})
	if second, _ := pictures(t, again); !bytes.Equal(second[0].Pix, imgs[1].Pix) {
		t.Error("the second picture is not the one of its seed")
	}
	if echo := answer["parameters"].(map[string]any); echo["prompt"] != "a moon" {
		t.Errorf("parameters %v", echo)
	}
}

// A size that the model cannot make is generated larger and cropped.
func TestSizesThatDoNotDivide(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	for _, size := range [][2]int{{33, 47}, {64, 31}} {
		_, answer := ask(t, s, "POST", "txt2img", map[string]any{"prompt": "sun", "steps": 2, "width": size[0], "height": size[1]})
		if imgs, _ := pictures(t, answer); imgs[0].Rect.Size() != image.Pt(size[0], size[1]) {
			t.Errorf("%v was made as %v", size, imgs[0].Rect)
		}
	}
}

// Outside the mask a picture is unchanged byte for byte, in each of the modes that use a mask.
func TestMasks(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	base, at := servetest.Picture(64, 48), image.Rect(10, 12, 30, 32)
	for name, c := range map[string]map[string]any{
		"whole":       {"inpaint_full_res": false},
		"only masked": {"inpaint_full_res": true, "inpaint_full_res_padding": 4, "width": 32, "height": 32},
		"inverted":    {"inpaint_full_res": 0, "inpainting_mask_invert": 1},
		"sharp":       {"inpaint_full_res": false, "mask_blur": 0, "inpainting_fill": 2},
	} {
		body := map[string]any{"init_images": []string{encoded(t, base)}, "mask": encoded(t, mask(64, 48, at)), "prompt": "heart", "steps": 4, "width": 64, "height": 48, "denoising_strength": 0.9, "seed": 1}
		for k, v := range c {
			body[k] = v
		}
		status, answer := ask(t, s, "POST", "img2img", body)
		if status != 200 {
			t.Fatalf("%s: %d %v", name, status, answer)
		}
		imgs, _ := pictures(t, answer)
		if imgs[0].Rect != base.Rect {
			t.Fatalf("%s: %v", name, imgs[0].Rect)
		}
		changed := 0
		for y := range 48 {
			for x := range 64 {
				inside := image.Pt(x, y).In(at) != (name == "inverted")
				same := imgs[0].RGBAAt(x, y) == base.RGBAAt(x, y)
				if !inside && !same {
					t.Fatalf("%s: %d,%d outside the mask was touched", name, x, y)
				}
				if inside && !same {
					changed++
				}
			}
		}
		if changed < 100 {
			t.Errorf("%s: only %d pixels of the mask were painted", name, changed)
		}
		if _, there := answer["parameters"].(map[string]any)["init_images"]; there {
			t.Errorf("%s: the picture is sent back", name)
		}
	}
}

func TestResizeModes(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	for mode := range 4 {
		_, answer := ask(t, s, "POST", "img2img", map[string]any{"init_images": []string{encoded(t, servetest.Picture(100, 20))}, "resize_mode": mode, "width": 32, "height": 64, "steps": 2, "prompt": "sun"})
		if imgs, _ := pictures(t, answer); imgs[0].Rect.Size() != image.Pt(32, 64) {
			t.Errorf("mode %d: %v", mode, imgs[0].Rect)
		}
	}
}

// A second pass has the requested size and strength.
func TestHires(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	status, answer := ask(t, s, "POST", "txt2img", map[string]any{"prompt": "sun", "steps": 4, "width": 32, "height": 24, "enable_hr": true, "hr_scale": 2, "hr_upscaler": "Latent", "denoising_strength": 0.5, "hr_second_pass_steps": 2})
	if status != 200 {
		t.Fatal(answer)
	}
	imgs, files := pictures(t, answer)
	found, _ := recipe.Read(files[0])
	if imgs[0].Rect.Size() != image.Pt(64, 48) || found.Recipe.Strength != 0.5 || found.Recipe.Steps != 2 {
		t.Errorf("%v %+v", imgs[0].Rect, found.Recipe)
	}
}

// Invalid requests are refused in FastAPI's form, before anything is computed or allocated.
func TestRefused(t *testing.T) {
	calls := make(chan struct{}, 1)
	s, _ := servetest.Start(t, &servetest.Net{Calls: calls}, serve.Options{Body: 4 << 20})
	picture := encoded(t, servetest.Picture(16, 16))
	for _, c := range []struct {
		path   string
		body   any
		status int
		field  string // "": the detail is a text
	}{
		{"txt2img", map[string]any{"width": 100000, "height": 100000}, 422, "size"},
		{"txt2img", map[string]any{"width": -64}, 422, "size"},
		{"txt2img", map[string]any{"width": 1e300}, 422, "width"},
		{"txt2img", map[string]any{"batch_size": -1}, 422, "batch_size"},
		{"txt2img", map[string]any{"batch_size": 1000, "n_iter": 1000}, 422, "n"},
		{"txt2img", map[string]any{"batch_size": 9e18}, 422, "batch_size"},
		{"txt2img", map[string]any{"steps": 100000}, 422, "steps"},
		{"txt2img", map[string]any{"steps": "many"}, 422, "steps"},
		{"txt2img", map[string]any{"cfg_scale": "NaN"}, 422, "cfg_scale"},
		{"txt2img", map[string]any{"seed": -7}, 422, "seed"},
		{"txt2img", map[string]any{"prompt": []string{"a"}}, 422, "prompt"},
		{"txt2img", map[string]any{"prompt": strings.Repeat("sun ", 100000)}, 422, "prompt"},
		{"txt2img", map[string]any{"prompt": strings.Repeat("sun ", 1000000)}, 0, ""},
		{"txt2img", map[string]any{"styles": make([]string, 100000)}, 422, "styles"},
		{"txt2img", map[string]any{"sampler_name": "no such"}, 422, "sampler_name"},
		{"txt2img", map[string]any{"restore_faces": true}, 422, "restore_faces"},
		{"txt2img", map[string]any{"script_name": "x/y/z"}, 422, ""},
		{"txt2img", map[string]any{"alwayson_scripts": map[string]any{"ADetailer": map[string]any{"args": []any{true}}}}, 422, ""},
		{"txt2img", map[string]any{"override_settings": map[string]any{"sd_model_checkpoint": "../../etc/passwd"}}, 422, "sd_model_checkpoint"},
		{"txt2img", map[string]any{"enable_hr": true, "hr_scale": 16, "width": 4096, "height": 4096}, 422, "hr_scale"},
		{"txt2img", `{"prompt": `, 422, ""},
		{"txt2img", strings.Repeat("[", 100000), 422, ""},
		{"txt2img", `[]`, 422, ""},
		{"img2img", map[string]any{}, 404, ""},
		{"img2img", map[string]any{"init_images": []string{"%%%"}}, 422, "init_images"},
		{"img2img", map[string]any{"init_images": []string{"http://example.org/a.png"}}, 422, "init_images"},
		{"img2img", map[string]any{"init_images": []string{"/etc/passwd"}}, 422, "init_images"},
		{"img2img", map[string]any{"init_images": []string{picture[:len(picture)/2]}}, 422, "init_images"},
		{"img2img", map[string]any{"init_images": []string{servetest.Bomb(60000)}}, 422, "init_images"},
		{"img2img", map[string]any{"init_images": []string{picture}, "mask": picture, "inpainting_fill": 9}, 422, "inpainting_fill"},
		{"img2img", map[string]any{"init_images": []string{picture}, "mask": encoded(t, image.NewGray(image.Rect(0, 0, 16, 16)))}, 422, "mask"},
		{"img2img", map[string]any{"init_images": make([]string, 17)}, 422, "init_images"},
		{"extra-single-image", map[string]any{"image": picture, "upscaling_resize": 1000}, 422, "upscaling_resize"},
		{"extra-single-image", map[string]any{"image": picture, "upscaling_resize": -1}, 422, "upscaling_resize"},
		{"extra-single-image", map[string]any{"image": picture, "upscaler_1": "../x"}, 422, "upscaler_1"},
		{"png-info", map[string]any{"image": ""}, 422, "image"},
		{"options", map[string]any{"CLIP_stop_at_last_layers": -1}, 422, "CLIP_stop_at_last_layers"},
		{"interrogate", map[string]any{}, 404, ""},
	} {
		status, answer := ask(t, s, "POST", c.path, c.body)
		text := fmt.Sprintf("%s %.80v", c.path, c.body)
		if c.status == 0 {
			if status != 413 && status != 422 {
				t.Errorf("%s: %d", text, status)
			}
			continue
		}
		if status != c.status || answer["detail"] == nil {
			t.Errorf("%s: %d %v", text, status, answer)
			continue
		}
		if list, ok := answer["detail"].([]any); ok && c.field != "" {
			if loc := fmt.Sprint(list[0].(map[string]any)["loc"]); loc != "[body "+c.field+"]" {
				t.Errorf("%s: loc %s, %v", text, loc, list)
			}
		} else if c.field != "" {
			t.Errorf("%s: %v", text, answer)
		}
	}
	select {
	case <-calls:
		t.Error("the network was asked")
	default:
	}
}

// Progress shows the predicted x_0; interrupt responds with the pictures so far, skip continues with the next.
func TestProgressInterruptSkip(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{Pause: 30 * time.Millisecond}, serve.Options{})
	for _, how := range []string{"interrupt", "skip"} {
		var wg sync.WaitGroup
		var answer map[string]any
		wg.Go(func() {
			_, answer = ask(t, s, "POST", "txt2img", map[string]any{"prompt": "sun", "steps": 40, "n_iter": 2, "seed": 3, "sampler_name": "Euler"})
		})
		seen := false
		for end := time.Now().Add(20 * time.Second); !seen && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			_, p := ask(t, s, "GET", "progress", nil)
			state := p["state"].(map[string]any)
			text, _ := p["current_image"].(string)
			if text == "" || state["sampling_step"].(float64) < 3 {
				continue
			}
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			img, err := pixel.Decode(bytes.NewReader(data))
			share := p["progress"].(float64)
			if err != nil || img.Rect.Dx() != 32 || !(share > 0 && share < 1) || state["sampling_steps"].(float64) != 40 || state["job_count"].(float64) != 2 || p["eta_relative"].(float64) <= 0 {
				t.Fatalf("%v %v", state, p["progress"])
			}
			_, p = ask(t, s, "GET", "progress?skip_current_image=true", nil)
			if p["current_image"] != nil {
				t.Error("the picture is sent where it is not wanted")
			}
			seen = true
		}
		if !seen {
			t.Fatal("no progress was seen")
		}
		ask(t, s, "POST", how, nil)
		wg.Wait()
		want := 1
		if how == "skip" {
			want = 2
		}
		imgs, files := pictures(t, answer)
		if len(imgs) != want {
			t.Errorf("%s: %d pictures", how, len(imgs))
		}
		if _, err := recipe.Read(files[0]); err != recipe.ErrNone {
			t.Errorf("%s: an unfinished picture carries a recipe: %v", how, err)
		}
		if how == "skip" {
			if f, err := recipe.Read(files[1]); err != nil || f.Recipe.Seed != 4 {
				t.Errorf("the picture after the skipped one: %+v %v", f.Recipe, err)
			}
		}
	}
	if _, p := ask(t, s, "GET", "progress", nil); p["progress"].(float64) != 0 || p["state"].(map[string]any)["job_count"].(float64) != 0 {
		t.Errorf("at rest: %v", p)
	}
}

// When a client disconnects, its run ends.
func TestClientGoes(t *testing.T) {
	s, q := servetest.Start(t, &servetest.Net{Pause: 20 * time.Millisecond}, serve.Options{})
	client := http.Client{Timeout: 300 * time.Millisecond}
	_, err := client.Post(s.URL+"/sdapi/v1/txt2img", "application/json", strings.NewReader(`{"prompt":"sun","steps":1000}`))
	if err == nil {
		t.Fatal("it was answered")
	}
	for end := time.Now().Add(10 * time.Second); q.Current() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the run goes on for nobody")
		}
	}
}

// Models are selected by title, name or hash, for one request or from then on.
func TestModels(t *testing.T) {
	s, q := servetest.Start(t, &servetest.Net{}, serve.Options{})
	_, data := raw(t, s, "GET", "sd-models", nil)
	var all []map[string]any
	if err := json.Unmarshal(data, &all); err != nil || len(all) != 2 {
		t.Fatalf("%s %v", data, err)
	}
	title := map[string]string{}
	for _, m := range all {
		title[m["model_name"].(string)] = m["title"].(string)
	}
	model := func(body map[string]any) string {
		_, answer := ask(t, s, "POST", "txt2img", body)
		var info map[string]any
		json.Unmarshal([]byte(answer["info"].(string)), &info)
		return info["sd_model_name"].(string)
	}
	body := func(override any) map[string]any {
		return map[string]any{"prompt": "sun", "steps": 1, "override_settings": override}
	}
	if got := model(body(nil)); got != "tiny" {
		t.Errorf("the default is %s", got)
	}
	if got := model(body(map[string]any{"sd_model_checkpoint": title["other"]})); got != "other" {
		t.Errorf("asked for other, %s painted", got)
	}
	if got := model(body(nil)); got != "tiny" {
		t.Errorf("the override stayed: %s", got)
	}
	if status, answer := ask(t, s, "POST", "options", map[string]any{"sd_model_checkpoint": "other", "some_unknown": 1}); status != 200 {
		t.Fatal(answer)
	}
	if got := model(body(nil)); got != "other" || q.Loaded() != "other" {
		t.Errorf("the option was not taken: %s, open is %s", got, q.Loaded())
	}
	if _, o := ask(t, s, "GET", "options", nil); o["sd_model_checkpoint"] != title["other"] {
		t.Errorf("%v", o)
	}
	if ask(t, s, "POST", "unload-checkpoint", nil); q.Loaded() != "" {
		t.Error("the model is still open")
	}
}

// The lists that clients fill their menus with.
func TestLists(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"styles.csv": "name,prompt,negative_prompt\nink,\"ink drawing of {prompt}, black\",colour\nplain,oil,\n", "loras/a.safetensors": "x", "up/4x.onnx": "x"} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e := servetest.Engine(t, &servetest.Net{})
	e.Styles = func() []style.Style {
		all, err := style.In(dir)
		if err != nil {
			t.Error(err)
		}
		return all
	}
	e.LoRAs = func(f models.Folder) []models.Adapter { return f.LoRAs(filepath.Join(dir, "loras")) }
	e.Embeddings = func(models.Folder) []models.Adapter { return []models.Adapter{{Name: "word"}} }
	e.Upscalers = func() []work.File {
		return []work.File{{Name: "4x", Path: filepath.Join(dir, "up", "4x.onnx"), Scale: 4}, {Name: "twice", Path: "twice.safetensors", Scale: 2}}
	}
	s, _ := servetest.StartWith(t, e, serve.Options{})
	for path, want := range map[string]string{"samplers": `"name":"DPM++ 2M"`, "schedulers": `"name":"karras"`, "upscalers": `"name":"twice","scale":2`, "loras": `"name":"a"`, "embeddings": `"word"`,
		"prompt-styles": `"ink drawing of {prompt}, black"`, "memory": `"ram"`, "cmd-flags": `{}`, "scripts": `"txt2img":[]`, "sd-vae": `[]`, "latent-upscale-modes": `Latent`} {
		if status, data := raw(t, s, "GET", path, nil); status != 200 || !strings.Contains(string(data), want) {
			t.Errorf("%s: %d %s", path, status, data)
		}
	}
	_, answer := ask(t, s, "POST", "txt2img", map[string]any{"prompt": "a moon", "steps": 1, "styles": []string{"ink", "plain", "gone"}})
	var info map[string]any
	json.Unmarshal([]byte(answer["info"].(string)), &info)
	_, files := pictures(t, answer)
	if f, err := recipe.Read(files[0]); err != nil || f.Recipe.Class != "moon" {
		t.Errorf("%+v %v", f.Recipe, err)
	}
	// listed samplers and schedules are accepted
	_, data := raw(t, s, "GET", "schedulers", nil)
	var list []map[string]any
	json.Unmarshal(data, &list)
	for _, l := range list {
		if status, a := ask(t, s, "POST", "txt2img", map[string]any{"prompt": "sun", "steps": 3, "sampler_name": "Euler", "scheduler": l["name"]}); status != 200 && !strings.Contains(fmt.Sprint(a), "Align Your Steps") {
			t.Errorf("scheduler %v: %v", l["name"], a)
		}
	}
}

// A VAE is chosen by its name, for one request or for all; it is recorded, and the model stays the same by its hash.
func TestVAE(t *testing.T) {
	head := `{"decoder.layers.0.weight": {"dtype": "F32", "shape": [4, 3, 3, 3], "data_offsets": [0, 432]}}`
	path := filepath.Join(t.TempDir(), "warm.safetensors")
	if err := os.WriteFile(path, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), make([]byte, 432)...), 0o644); err != nil {
		t.Fatal(err)
	}
	e := servetest.Engine(t, &servetest.Net{})
	var opened []string
	open := e.Open
	e.Open = func(ctx context.Context, f models.Folder) (*work.Model, error) {
		opened = append(opened, f.VAE)
		return open(ctx, f)
	}
	e.VAEs = func(models.Folder) []work.File { return []work.File{{Name: "warm", Path: path}} }
	s, _ := servetest.StartWith(t, e, serve.Options{})
	if _, data := raw(t, s, "GET", "sd-vae", nil); !strings.Contains(string(data), `"model_name":"warm.safetensors"`) {
		t.Errorf("listed are %s", data)
	}
	made := func(body map[string]any) (vae []string, hash string) {
		body["prompt"], body["steps"] = "sun", 2
		status, answer := ask(t, s, "POST", "txt2img", body)
		if status != 200 {
			t.Fatal(answer)
		}
		_, files := pictures(t, answer)
		f, err := recipe.Read(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return f.Recipe.VAE, f.Recipe.ModelHash
	}
	none, hash := made(map[string]any{})
	one, same := made(map[string]any{"override_settings": map[string]any{"sd_vae": "warm.safetensors"}})
	after, _ := made(map[string]any{})
	if len(none) != 0 || !slices.Equal(one, []string{"warm.safetensors"}) || len(after) != 0 || hash == "" || hash != same {
		t.Errorf("%q, %q, %q; the model's hash is %s, and %s", none, one, after, hash, same)
	}
	if status, answer := ask(t, s, "POST", "options", map[string]any{"sd_vae": "WARM"}); status != 200 {
		t.Fatal(answer)
	}
	if all, _ := made(map[string]any{}); !slices.Equal(all, []string{"warm.safetensors"}) {
		t.Errorf("set for all it is %q", all)
	}
	if _, o := ask(t, s, "GET", "options", nil); o["sd_vae"] != "WARM" {
		t.Errorf("the option is %v", o["sd_vae"])
	}
	if own, _ := made(map[string]any{"override_settings": map[string]any{"sd_vae": "Automatic"}}); len(own) != 0 {
		t.Errorf("Automatic is %q", own)
	}
	if want := []string{"", path, "", path, ""}; !slices.Equal(opened, want) {
		t.Errorf("opened with %q", opened)
	}
	for path, body := range map[string]map[string]any{"options": {"sd_vae": "gone"}, "txt2img": {"prompt": "sun", "override_settings": map[string]any{"sd_vae": "../gone"}}} {
		if status, answer := ask(t, s, "POST", path, body); status != 422 || !strings.Contains(fmt.Sprint(answer), "none of the VAEs") {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
}

// A picture made by this API, read by its own png-info; and one without metadata.
func TestPNGInfoAndExtras(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	_, answer := ask(t, s, "POST", "txt2img", map[string]any{"prompt": "a heart, red", "seed": 77, "steps": 3, "sampler_name": "Euler"})
	made := answer["images"].([]any)[0].(string)
	_, info := ask(t, s, "POST", "png-info", map[string]any{"image": made})
	settings := info["parameters"].(map[string]any)
	if settings["Seed"] != "77" || settings["Size-1"] != "32" || !strings.Contains(info["info"].(string), "Steps: 3") {
		t.Errorf("%v", info["info"])
	}
	if _, info := ask(t, s, "POST", "png-info", map[string]any{"image": encoded(t, servetest.Picture(8, 8))}); info["info"] != "" {
		t.Errorf("of a picture without: %v", info)
	}
	for _, c := range []struct {
		body map[string]any
		want image.Point
	}{{map[string]any{"upscaling_resize": 2.5}, image.Pt(80, 80)}, {map[string]any{"resize_mode": 1, "upscaling_resize_w": 64, "upscaling_resize_h": 48}, image.Pt(64, 48)},
		{map[string]any{"resize_mode": 1, "upscaling_resize_w": 64, "upscaling_resize_h": 48, "upscaling_crop": false}, image.Pt(48, 48)}} {
		c.body["image"], c.body["upscaler_1"] = made, "Lanczos"
		_, answer := ask(t, s, "POST", "extra-single-image", c.body)
		data, _ := base64.StdEncoding.DecodeString(answer["image"].(string))
		img, err := pixel.Decode(bytes.NewReader(data))
		if err != nil || img.Rect.Size() != c.want {
			t.Errorf("%v: %v %v", c.want, img.Rect, err)
		}
		if f, err := recipe.Read(data); err != nil || f.Recipe.Seed != 77 {
			t.Errorf("the recipe was lost: %v", err)
		}
	}
	_, batch := ask(t, s, "POST", "extra-batch-images", map[string]any{"imageList": []any{map[string]string{"data": made, "name": "../../x"}, map[string]string{"data": made}}})
	if len(batch["images"].([]any)) != 2 {
		t.Errorf("%v", batch)
	}
}
