package openai_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

type answer struct {
	Created int64
	Data    []struct {
		Base64 string `json:"b64_json"`
		URL    string
	}
	Error *struct {
		Message, Type string
		Param, Code   *string
	}
}

func post(t *testing.T, url, kind string, body io.Reader) (int, answer) {
	t.Helper()
	r, err := http.Post(url, kind, body)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var a answer
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, a
}

func decoded(t *testing.T, data []byte) *image.RGBA {
	t.Helper()
	img, err := pixel.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestGenerations(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	status, a := post(t, s.URL+"/v1/images/generations", "application/json", strings.NewReader(`{"model":"dall-e-3","prompt":"a sun","n":2,"size":"48x32","response_format":"b64_json","quality":"hd","style":"vivid","user":"u"}`))
	if status != 200 || len(a.Data) != 2 || a.Created == 0 {
		t.Fatalf("%d %+v", status, a)
	}
	data, _ := base64.StdEncoding.DecodeString(a.Data[0].Base64)
	if img := decoded(t, data); img.Rect.Size() != image.Pt(48, 32) {
		t.Error(img.Rect)
	}
	if f, err := recipe.Read(data); err != nil || f.Recipe.Class != "sun" {
		t.Error(f.Recipe, err)
	}
	_, a = post(t, s.URL+"/v1/images/generations", "application/json", strings.NewReader(`{"prompt":"a sun","model":"other","response_format":"url","size":"auto","output_format":"jpeg"}`))
	r, err := http.Get(a.Data[0].URL)
	if err != nil || r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/jpeg" {
		t.Fatal(a, r, err)
	}
	data, _ = io.ReadAll(r.Body)
	decoded(t, data)
	for _, gone := range []string{"/v1/images/files/x.png", "/v1/images/files/..%2f..%2fetc%2fpasswd"} {
		if r, err := http.Get(s.URL + gone); err != nil || r.StatusCode != 404 {
			t.Error(gone, r.StatusCode, err)
		}
	}
}

func TestRefused(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	for body, want := range map[string]string{`{}`: "prompt", `{"prompt":"sun","n":11}`: "n", `{"prompt":"sun","n":-1}`: "n", `{"prompt":"sun","size":"100000x100000"}`: "size", `{"prompt":"sun","size":"12"}`: "size",
		`{"prompt":"sun","size":"-1x4"}`: "size", `{"prompt":"sun","response_format":"gif"}`: "response_format", `{"prompt":"sun","output_format":"webp"}`: "output_format", `{"prompt":7}`: "prompt",
		`{"prompt":"sun","background":"transparent"}`: "background", `{"prompt":"sun","partial_images":4}`: "partial_images", `{"prompt":"` + strings.Repeat("s", 33000) + `"}`: "prompt",
		`{"prompt":["sun"` + strings.Repeat(`,"sun"`, 1e6) + `]}`: "prompt", `{"prompt":"` + strings.Repeat("sun ", 1e6) + `"}`: "prompt", `{"prompt":"sun","n":1e9}`: "n", `{"prompt":"sun","n":-1e18}`: "n"} {
		status, a := post(t, s.URL+"/v1/images/generations", "application/json", strings.NewReader(body))
		if status != 400 || a.Error == nil || a.Error.Type != "invalid_request_error" || a.Error.Param == nil || *a.Error.Param != want {
			t.Errorf("%.60s: %d %+v", body, status, a.Error)
		}
	}
	for _, model := range []string{"no-such", "../other", "/etc"} {
		if status, a := post(t, s.URL+"/v1/images/generations", "application/json", strings.NewReader(`{"prompt":"sun","model":"`+model+`"}`)); status != 404 || *a.Error.Code != "model_not_found" {
			t.Errorf("%s: %d %+v", model, status, a.Error)
		}
	}
	if status, a := post(t, s.URL+"/v1/images/edits", "application/json", strings.NewReader(`{}`)); status != 400 || a.Error == nil {
		t.Error(status, a)
	}
	bomb, err := base64.StdEncoding.DecodeString(servetest.Bomb(60000))
	if err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	w.WriteField("prompt", "sun")
	part, _ := w.CreateFormFile("image", "../../bomb.png")
	part.Write(bomb)
	w.Close()
	if status, a := post(t, s.URL+"/v1/images/edits", w.FormDataContentType(), &form); status != 400 || a.Error == nil || a.Error.Param == nil || *a.Error.Param != "image" {
		t.Error(status, a.Error)
	}
	if status, a := post(t, s.URL+"/v1/nothing", "application/json", nil); status != 404 || a.Error == nil {
		t.Error(status, a)
	}
}

// formOf is a multipart body of fields and pictures.
func formOf(t *testing.T, fields map[string]string, pictures map[string]image.Image) (string, io.Reader) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		w.WriteField(k, v)
	}
	for k, img := range pictures {
		data, err := recipe.EncodePNG(img, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, _ := w.CreateFormFile(k, "../"+k+".png")
		f.Write(data)
	}
	w.Close()
	return w.FormDataContentType(), &b
}

// Transparent parts of the mask are repainted; the rest is unchanged byte for byte.
func TestEditsAndVariations(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	base, mask := servetest.Picture(48, 48), image.NewRGBA(image.Rect(0, 0, 48, 48))
	at := image.Rect(10, 10, 30, 30)
	for y := range 48 {
		for x := range 48 {
			if !image.Pt(x, y).In(at) {
				mask.SetRGBA(x, y, color.RGBA{0, 0, 0, 255})
			}
		}
	}
	holed := servetest.Picture(48, 48)
	for y := at.Min.Y; y < at.Max.Y; y++ {
		for x := at.Min.X; x < at.Max.X; x++ {
			holed.SetRGBA(x, y, color.RGBA{})
		}
	}
	for name, pictures := range map[string]map[string]image.Image{"mask": {"image": base, "mask": mask}, "holes": {"image[]": holed}} {
		kind, body := formOf(t, map[string]string{"prompt": "a heart", "steps": "4", "seed": "3", "n": "1"}, pictures)
		status, a := post(t, s.URL+"/v1/images/edits", kind, body)
		if status != 200 {
			t.Fatalf("%s: %d %+v", name, status, a.Error)
		}
		data, _ := base64.StdEncoding.DecodeString(a.Data[0].Base64)
		img, changed := decoded(t, data), 0
		for y := range 48 {
			for x := range 48 {
				same := img.RGBAAt(x, y) == base.RGBAAt(x, y)
				if !image.Pt(x, y).In(at) && !same {
					t.Fatalf("%s: %d,%d was touched", name, x, y)
				}
				if !same {
					changed++
				}
			}
		}
		if changed < 200 {
			t.Errorf("%s: %d pixels were painted", name, changed)
		}
	}
	kind, body := formOf(t, map[string]string{"n": "2", "size": "32x32", "steps": "3"}, map[string]image.Image{"image": base})
	if status, a := post(t, s.URL+"/v1/images/variations", kind, body); status != 200 || len(a.Data) != 2 || a.Data[0].Base64 == a.Data[1].Base64 {
		t.Errorf("%d %+v", status, a.Error)
	}
	for name, c := range map[string]struct {
		fields   map[string]string
		pictures map[string]image.Image
	}{"no picture": {map[string]string{"prompt": "sun"}, nil}, "other size": {map[string]string{"prompt": "sun"}, map[string]image.Image{"image": base, "mask": image.NewRGBA(image.Rect(0, 0, 9, 9))}},
		"opaque mask": {map[string]string{"prompt": "sun"}, map[string]image.Image{"image": base, "mask": base}}, "n": {map[string]string{"prompt": "sun", "n": "many"}, map[string]image.Image{"image": base}}} {
		kind, body := formOf(t, c.fields, c.pictures)
		if status, a := post(t, s.URL+"/v1/images/edits", kind, body); status != 400 || a.Error == nil {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// several is a multipart body of fields and pictures of one name, in their order.
func several(t *testing.T, fields map[string]string, name string, files ...[]byte) (string, io.Reader) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		w.WriteField(k, v)
	}
	for _, data := range files {
		f, err := w.CreateFormFile(name, "a.png")
		if err != nil {
			t.Fatal(err)
		}
		f.Write(data)
	}
	w.Close()
	return w.FormDataContentType(), &b
}

// Of several pictures those behind the first are references: refused by a model that takes none, where one is no picture, where
// there are more than any model takes, and for variations.
func TestReferencesRefused(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{}, serve.Options{})
	png, err := recipe.EncodePNG(servetest.Picture(48, 48), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"image", "image[]"} {
		kind, body := several(t, map[string]string{"prompt": "sun", "steps": "2"}, name, png)
		if status, a := post(t, s.URL+"/v1/images/edits", kind, body); status != 200 {
			t.Errorf("one %s: %d %+v", name, status, a.Error)
		}
		for told, files := range map[string][][]byte{"takes no reference pictures": {png, png}, "": {png, []byte("text")}, "more than any model takes": slices.Repeat([][]byte{png}, work.MaxReferences+2)} {
			kind, body := several(t, map[string]string{"prompt": "sun", "steps": "2"}, name, files...)
			if status, a := post(t, s.URL+"/v1/images/edits", kind, body); status != 400 || a.Error == nil || !strings.Contains(a.Error.Message, told) {
				t.Errorf("%d of %s: %d %+v", len(files), name, status, a.Error)
			}
		}
	}
	kind, body := several(t, map[string]string{"steps": "2"}, "image", png, png)
	if status, a := post(t, s.URL+"/v1/images/variations", kind, body); status != 400 || a.Error == nil || a.Error.Param == nil || *a.Error.Param != "image" {
		t.Errorf("variations: %d %+v", status, a.Error)
	}
}

// A stream sends the requested number of previews, then the picture.
func TestStream(t *testing.T) {
	s, _ := servetest.Start(t, &servetest.Net{Pause: 10 * time.Millisecond}, serve.Options{})
	r, err := http.Post(s.URL+"/v1/images/generations", "application/json", strings.NewReader(`{"prompt":"sun","stream":true,"partial_images":2,"steps":12}`))
	if err != nil || r.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatal(r, err)
	}
	var kinds []string
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e struct {
			Type   string
			Base64 string `json:"b64_json"`
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		png, _ := base64.StdEncoding.DecodeString(e.Base64)
		decoded(t, png)
		kinds = append(kinds, e.Type)
	}
	if got := strings.Join(kinds, " "); got != "image_generation.partial_image image_generation.partial_image image_generation.completed" {
		t.Error(got)
	}
}
