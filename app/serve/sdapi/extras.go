package sdapi

import (
	"context"
	"encoding/base64"
	"image"
	"net/http"
	"strings"

	"nirvana/app/recipe"
	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

// extras is a request to enlarge pictures.
type extras struct {
	Image  string `json:"image"`
	Images []struct {
		Data string `json:"data"`
		Name string `json:"name"`
	} `json:"imageList"`
	Mode       wire.Int   `json:"resize_mode"` // 0: by a factor, 1: to a size
	Factor     wire.Float `json:"upscaling_resize"`
	Width      wire.Int   `json:"upscaling_resize_w"`
	Height     wire.Int   `json:"upscaling_resize_h"`
	Crop       wire.Bool  `json:"upscaling_crop"`
	Upscaler   string     `json:"upscaler_1"`
	Second     string     `json:"upscaler_2"`
	Share      wire.Float `json:"extras_upscaler_2_visibility"`
	GFPGAN     wire.Float `json:"gfpgan_visibility"`
	CodeFormer wire.Float `json:"codeformer_visibility"`
}

func readExtras(r *http.Request) (*extras, error) {
	q := &extras{Factor: 2, Width: 512, Height: 512, Crop: true}
	if err := wire.JSON(r, q); err != nil {
		return nil, err
	}
	switch {
	case q.GFPGAN > 0 || q.CodeFormer > 0:
		return nil, wire.Invalid("gfpgan_visibility", "face restoration is not supported: leave it 0")
	case named(q.Second) && q.Share > 0:
		return nil, wire.Invalid("upscaler_2", "one upscaler is used here: leave it None")
	case q.Mode == 1 && (q.Width < 1 || q.Height < 1):
		return nil, wire.Invalid("upscaling_resize_w", "a picture has a width and a height of 1 px or more")
	case q.Mode == 0 && !(q.Factor > 0):
		return nil, wire.Invalid("upscaling_resize", "%g is not possible: use more than 0", q.Factor)
	case len(q.Images) > mostImages:
		return nil, wire.Invalid("imageList", "more than %d pictures", mostImages)
	}
	return q, nil
}

func (a *API) extraSingle(r *http.Request) (any, error) {
	q, err := readExtras(r)
	if err != nil {
		return nil, err
	}
	text, err := a.enlarged(r.Context(), q, "image", q.Image)
	return map[string]string{"html_info": "", "image": text}, err
}

func (a *API) extraBatch(r *http.Request) (any, error) {
	q, err := readExtras(r)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, i := range q.Images {
		text, err := a.enlarged(r.Context(), q, "imageList", i.Data)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return map[string]any{"html_info": "", "images": out}, nil
}

// enlarged enlarges a picture given in base64, and returns the recipe that it contained.
func (a *API) enlarged(ctx context.Context, q *extras, field, text string) (string, error) {
	file, err := wire.Bytes(field, text)
	if err != nil {
		return "", err
	}
	img, err := wire.Decoded(field, file)
	if err != nil {
		return "", err
	}
	o := work.Order{Kind: work.Enlarge, Origin: origin, Init: img, Factor: float64(q.Factor)}
	if o.Upscaler, err = a.upscaler("upscaler_1", q.Upscaler); err != nil {
		return "", err
	}
	if q.Mode == 1 {
		o.Factor = 0
		o.Size = q.size(img.Rect.Size())
	}
	run, err := a.queue.Add(o)
	if err != nil {
		return "", err
	}
	v, err := run.Wait(ctx)
	if err != nil || len(v.Made) == 0 {
		return "", err
	}
	made := v.Made[0].Image
	if q.Mode == 1 && bool(q.Crop) {
		made, _ = resized(made, nil, side(q.Width), side(q.Height), 1)
	}
	var rec *recipe.Recipe
	if found, err := recipe.Read(file); err == nil {
		rec = &found.Recipe
	}
	data, err := recipe.EncodePNG(pixel.Packed(made), rec)
	return base64.StdEncoding.EncodeToString(data), err
}

// size is the size of an enlargement that fits into a size or, with crop, covers it.
func (q *extras) size(own image.Point) image.Point {
	fx, fy := float64(side(q.Width))/float64(own.X), float64(side(q.Height))/float64(own.Y)
	f := min(fx, fy)
	if q.Crop {
		f = max(fx, fy)
	}
	return image.Pt(max(1, int(float64(own.X)*f+0.5)), max(1, int(float64(own.Y)*f+0.5)))
}

// pngInfo returns a picture's parameters.
func pngInfo(r *http.Request) (any, error) {
	var q struct {
		Image string `json:"image"`
	}
	if err := wire.JSON(r, &q); err != nil {
		return nil, err
	}
	file, err := wire.Bytes("image", q.Image)
	if err != nil {
		return nil, err
	}
	text, items, err := recipe.Infotext(file)
	if err != nil {
		return nil, wire.Invalid("image", "Invalid encoded image: %v", err)
	}
	settings := map[string]string{}
	if text != "" {
		settings = recipe.Settings(text)
	}
	if w, h, ok := strings.Cut(settings["Size"], "x"); ok {
		settings["Size-1"], settings["Size-2"] = w, h
	}
	return map[string]any{"info": text, "items": items, "parameters": settings}, nil
}
