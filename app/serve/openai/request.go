package openai

import (
	"fmt"
	"image"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"nirvana/app/recipe"
	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/app/task"
	"nirvana/engine/pixel"
	"nirvana/models"
)

// job is a parsed request.
type job struct {
	order    work.Order
	event    string // prefix of its stream's events: "image_generation", "image_edit"
	format   string // png or jpeg
	byURL    bool
	stream   bool
	partials int
	quality  int
}

// parameters are those of all three endpoints. Steps, seed and guidance are extensions of this server.
type parameters struct {
	Prompt      string      `json:"prompt"`
	Model       string      `json:"model"`
	N           wire.Int    `json:"n"`
	Size        string      `json:"size"`
	Form        string      `json:"response_format"` // url or b64_json
	Format      string      `json:"output_format"`   // png or jpeg
	Compression *wire.Int   `json:"output_compression"`
	Background  string      `json:"background"`
	Stream      wire.Bool   `json:"stream"`
	Partials    wire.Int    `json:"partial_images"`
	Negative    string      `json:"negative_prompt"`
	Seed        *wire.Int   `json:"seed"`
	Steps       wire.Int    `json:"steps"`
	Guidance    *wire.Float `json:"guidance_scale"`
	Strength    *wire.Float `json:"strength"`
}

// mostPrompt is OpenAI's limit of a prompt, in characters.
const mostPrompt = 32000

func (p *parameters) job(event string) (*job, error) {
	j := &job{event: event, format: "png", stream: bool(p.Stream), partials: int(p.Partials), quality: 90, byURL: p.Form == "url"}
	j.order = work.Order{Origin: origin, Count: max(1, int(min(p.N, 1000))), Match: true, Feather: task.Feather}
	switch {
	case p.N < 0 || p.N > 10:
		return nil, wire.Invalid("n", "%d is not possible: use 1 to 10", p.N)
	case len([]rune(p.Prompt)) > mostPrompt:
		return nil, wire.Invalid("prompt", "it is longer than %d characters", mostPrompt)
	case p.Partials < 0 || p.Partials > 3:
		return nil, wire.Invalid("partial_images", "%d is not possible: use 0 to 3", p.Partials)
	case p.Form != "" && p.Form != "url" && p.Form != "b64_json":
		return nil, wire.Invalid("response_format", "%q is unknown: use url or b64_json", p.Form)
	case p.Background == "transparent":
		return nil, wire.Invalid("background", "transparent pictures are not made here: leave it out")
	case p.Steps < 0 || p.Steps > 1<<20:
		return nil, wire.Invalid("steps", "%d is not possible: use 1 or more", p.Steps)
	case p.Seed != nil && *p.Seed < 0:
		return nil, wire.Invalid("seed", "%d is not possible: use 0 or more", *p.Seed)
	}
	switch p.Format {
	case "", "png":
	case "jpeg":
		j.format = "jpeg"
	default:
		return nil, wire.Invalid("output_format", "%q is not made here: png and jpeg are", p.Format)
	}
	if c := p.Compression; c != nil {
		if *c < 0 || *c > 100 {
			return nil, wire.Invalid("output_compression", "%d is not possible: use 0 to 100", *c)
		}
		j.quality = max(1, int(*c))
	}
	r := recipe.Recipe{Prompt: p.Prompt, Negative: p.Negative, Syntax: true, RNG: "torch", Steps: int(p.Steps), Seed: uint64(rand.Uint32())}
	if p.Seed != nil {
		r.Seed = uint64(*p.Seed)
	}
	if p.Guidance != nil {
		r.Guidance, r.NoGuidance = float32(*p.Guidance), *p.Guidance == 0
	}
	if p.Strength != nil {
		r.Strength = float32(*p.Strength)
	}
	var err error
	r.Width, r.Height, err = sizeOf(p.Size)
	j.order.Recipe, j.order.Model = r, p.Model
	return j, err
}

// sizeOf reads "1024x1024"; "" and "auto" leave it to the model.
func sizeOf(size string) (w, h int, err error) {
	if size == "" || size == "auto" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(size, "x")
	w, err1 := strconv.Atoi(a)
	h, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || w < 1 || h < 1 || w > 1<<20 || h > 1<<20 {
		return 0, 0, wire.Invalid("size", "%s is not WxH, for example 1024x1024", strconv.Quote(size[:min(len(size), 40)]))
	}
	return w, h, nil
}

// check finds the order's model.
func (a *API) check(j *job) error {
	f, err := a.folder(j.order.Model)
	j.order.Model = f.Dir
	return err
}

// folder returns the model with a name. Clients that can name OpenAI's models only get the default.
func (a *API) folder(name string) (models.Folder, error) {
	for _, theirs := range []string{"dall-e-", "gpt-image-", "chatgpt-image-"} {
		if strings.HasPrefix(name, theirs) {
			name = ""
		}
	}
	if name == "" {
		name = a.queue.Engine().UsualModel()
	}
	for _, f := range a.queue.Engine().Catalogue.List() {
		if f.Name == name {
			return f, nil
		}
	}
	if name != a.queue.Engine().UsualModel() { // clients may not choose paths
		return models.Folder{}, wire.Invalid("model", "The model %s does not exist", strconv.Quote(name[:min(len(name), 80)]))
	}
	f, err := a.queue.Engine().Catalogue.Find(name)
	if err != nil {
		return f, wire.Invalid("model", "%v", err)
	}
	return f, nil
}

func (a *API) generations(r *http.Request) (*job, error) {
	var p parameters
	if err := wire.JSON(r, &p); err != nil {
		return nil, err
	}
	if strings.TrimSpace(p.Prompt) == "" {
		return nil, wire.Invalid("prompt", "you must provide a prompt")
	}
	return p.job("image_generation")
}

// edits repaints where the mask is transparent, or where the picture is; if nothing is transparent, the whole
// picture.
func (a *API) edits(r *http.Request) (*job, error) {
	f, p, err := form(r)
	if err != nil {
		return nil, err
	}
	defer f.RemoveAll()
	if strings.TrimSpace(p.Prompt) == "" {
		return nil, wire.Invalid("prompt", "you must provide a prompt")
	}
	j, err := p.job("image_edit")
	if err != nil {
		return nil, err
	}
	if err := j.begin(f, true, "image", "image[]"); err != nil {
		return nil, err
	}
	o := &j.order
	holes := pixel.Transparent(o.Init)
	if len(f.File["mask"]) > 0 {
		mask, err := picture(f, "mask")
		if err != nil {
			return nil, err
		}
		if mask.Rect != o.Init.Rect {
			return nil, wire.Invalid("mask", "it is %dx%d and the picture %dx%d: make it the picture's size", mask.Rect.Dx(), mask.Rect.Dy(), o.Init.Rect.Dx(), o.Init.Rect.Dy())
		}
		holes = pixel.Transparent(mask)
		if pixel.Empty(holes, holes.Rect) {
			return nil, wire.Invalid("mask", "it has no transparent parts: those are repainted")
		}
	}
	if !pixel.Empty(holes, holes.Rect) {
		o.Mask = holes
	}
	if o.Mask != nil && p.Strength == nil {
		o.Recipe.Strength = task.OutpaintStrength
	}
	return j, nil
}

// variations are made from a picture without a prompt.
func (a *API) variations(r *http.Request) (*job, error) {
	f, p, err := form(r)
	if err != nil {
		return nil, err
	}
	defer f.RemoveAll()
	j, err := p.job("image_variation")
	if err != nil {
		return nil, err
	}
	return j, j.begin(f, false, "image")
}

// begin takes the initial picture, in the requested size; of several, the others are references.
func (j *job) begin(f *multipart.Form, several bool, names ...string) error {
	for _, name := range names {
		if len(f.File[name]) == 0 {
			continue
		}
		switch n := len(f.File[name]); {
		case n > 1 && !several:
			return wire.Invalid("image", "one picture is taken here")
		case n > 1+work.MaxReferences:
			return wire.Invalid("image", "%d pictures are more than any model takes", n)
		}
		for i, header := range f.File[name] {
			img, err := decoded(header, name)
			if err != nil {
				return err
			}
			if i == 0 {
				j.order.Init = img
			} else {
				j.order.References = append(j.order.References, img)
			}
		}
		return nil
	}
	return wire.Invalid("image", "you must provide a picture")
}

func picture(f *multipart.Form, name string) (*image.RGBA, error) {
	return decoded(f.File[name][0], name)
}

func decoded(header *multipart.FileHeader, name string) (*image.RGBA, error) {
	file, err := header.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	img, err := pixel.Decode(file)
	if err != nil {
		return nil, wire.Invalid(strings.TrimSuffix(name, "[]"), "%v", err)
	}
	return img, nil
}

// form reads a multipart/form-data body, with the size limit of every body.
func form(r *http.Request) (*multipart.Form, *parameters, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return nil, nil, wire.Invalid("", "the body must be multipart/form-data")
	}
	reader, err := r.MultipartReader()
	if err != nil {
		return nil, nil, wire.Invalid("", "%v", err)
	}
	f, err := reader.ReadForm(8 << 20)
	if err = wire.Bounded(err); err != nil {
		if err != wire.ErrTooLarge {
			err = wire.Invalid("", "the form cannot be read: %v", err)
		}
		return nil, nil, err
	}
	p := &parameters{}
	if err := p.fill(f.Value); err != nil {
		f.RemoveAll()
		return nil, nil, err
	}
	return f, p, nil
}

// fill converts a form's fields to the types in JSON.
func (p *parameters) fill(values map[string][]string) error {
	text := map[string]*string{"prompt": &p.Prompt, "model": &p.Model, "size": &p.Size, "response_format": &p.Form, "output_format": &p.Format,
		"background": &p.Background, "negative_prompt": &p.Negative}
	p.Seed, p.Compression, p.Guidance, p.Strength = new(wire.Int), new(wire.Int), new(wire.Float), new(wire.Float)
	other := map[string]interface{ UnmarshalJSON([]byte) error }{"n": &p.N, "stream": &p.Stream, "partial_images": &p.Partials, "seed": p.Seed, "steps": &p.Steps,
		"output_compression": p.Compression, "guidance_scale": p.Guidance, "strength": p.Strength}
	for name, v := range values {
		if len(v) == 0 {
			continue
		}
		if to, ok := text[name]; ok {
			*to = v[0]
		}
		if to, ok := other[name]; ok {
			if err := to.UnmarshalJSON([]byte(strconv.Quote(v[0]))); err != nil {
				return wire.Invalid(name, "%s is not a value of its kind", fmt.Sprintf("%.40q", v[0]))
			}
		}
	}
	p.absent(values)
	return nil
}

// absent distinguishes a missing number from 0.
func (p *parameters) absent(values map[string][]string) {
	if len(values["seed"]) == 0 {
		p.Seed = nil
	}
	if len(values["output_compression"]) == 0 {
		p.Compression = nil
	}
	if len(values["guidance_scale"]) == 0 {
		p.Guidance = nil
	}
	if len(values["strength"]) == 0 {
		p.Strength = nil
	}
}
