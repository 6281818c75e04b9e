package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

// Recipes of a run that enlarges a picture, and perhaps denoises it then: the window's Upscale with a model writes them.

// notEnlarging are the flags that such a run has no use for.
var notEnlarging = []string{"grid", "mask", "expand", "depth", "control", "region", "size", "strength", "refiner", "from"}

// enlarges reports whether the recipe in use is such a one.
func (o *options) enlarges() bool { return o.used != nil && o.used.Enlarges() }

// enlarging checks the flags of a run that enlarges, and finds its picture where --init does not name it.
func (o *options) enlarging(env Env) error {
	if !o.enlarges() {
		return nil
	}
	if o.upscale == "" && !o.used.Interpolates() {
		return wrong("the recipe only enlarges a picture: leave --upscale \"\" out")
	}
	if o.count > 1 || o.bestOf > 1 {
		return wrong("a recipe that enlarges a picture makes one: leave --count and --best-of out")
	}
	not := notEnlarging
	if o.used.Interpolates() {
		not = append(slices.Clone(not), "upscale", "refine")
	}
	for _, name := range not {
		if o.set[name] {
			return wrong("--%s does not go with a recipe that enlarges a picture: leave it out", name)
		}
	}
	if o.initFile == "" {
		o.initFile = o.before(env)
	}
	if o.initFile == "" {
		return errors.New("the recipe enlarged a picture, which recipes do not contain: give it with --init")
	}
	return nil
}

// before is the file of the picture that was enlarged, among those beside the recipe and the window's; "": it is not there.
func (o *options) before(env Env) string {
	folders := []string{filepath.Dir(o.recipeFile)}
	if env.Home != "" {
		folders = append(folders, filepath.Join(env.Home, "pictures"))
	}
	for _, folder := range folders {
		files, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, f := range slices.Backward(files) { // names begin with the time
			if path := filepath.Join(folder, f.Name()); strings.EqualFold(filepath.Ext(path), ".png") && isBefore(path, *o.used) {
				return path
			}
		}
	}
	return ""
}

// isBefore reports whether a PNG file is the picture that a recipe enlarged. Its size and its recipe are looked at first:
// there may be thousands.
func isBefore(path string, r recipe.Recipe) bool {
	f, err := wholefile.Open(path)
	if err != nil {
		return false
	}
	head, err := png.DecodeConfig(f)
	f.Close()
	if u := r.Upscale; err != nil || u != nil && u.Factor > 0 && engine.UpscaledSize(image.Pt(head.Width, head.Height), float64(u.Factor)) != image.Pt(r.Width, r.Height) {
		return false
	}
	if from := r.Origin; from != nil && from.Trajectory != "" {
		if its, err := readRecipe(path); err != nil || its.Recipe.Trajectory != from.Trajectory {
			return false
		}
	}
	img, err := pixel.Load(path)
	if err == nil && r.Interpolates() {
		img = pixel.Flatten(img, image.White) // as it was begun from
	}
	return err == nil && recipe.Hash(img.Rect, img.Pix) == r.Before()
}

// enlargeInit enlarges the picture of a run that enlarges.
func (o *options) enlargeInit(ctx context.Context, env Env, j *job) (err error) {
	switch {
	case !o.enlarges():
	case o.used.Interpolates():
		j.large = pixel.Resize(j.init, o.used.Width, o.used.Height)
	default:
		j.large, err = o.enlarged(ctx, env, j.init)
	}
	return err
}

// begun is the request of a run: one that enlarges begins from the enlarged picture.
func (o *options) begun(m *Opened, j *job, r engine.Request) engine.Request {
	if j.large == nil {
		return r
	}
	changes := r.Changes // of this denoising
	r = task.Refining(r, m.Facts(), j.large, o.refine)
	r.Changes = changes
	return r
}

// enlargeAlone is a run that enlarges, and has no model denoise the result.
func (o *options) enlargeAlone(ctx context.Context, env Env, j *job) error {
	for _, n := range j.notices {
		fmt.Fprintln(env.Err, "nirvana generate:", line(n.String()))
	}
	start := time.Now()
	if err := o.enlargeInit(ctx, env, j); err != nil {
		return err
	}
	rec := *o.used
	rec.Software, rec.Made, rec.Seconds = recipe.Software(env.Version), time.Now().UTC().Format(time.RFC3339), time.Since(start).Seconds()
	rec.Strength, rec.Pictures, rec.Trajectory, rec.Hashes, rec.Scales, rec.Unfinished = 0, nil, "", nil, nil, nil
	o.wasEnlarged(&rec, j)
	j.noteEnlarged(&rec, j.large)
	o.report(env, 0, engine.Step{Index: 1, Of: 1, Pictures: []*image.RGBA{j.large}}, start)
	return o.write(ctx, env, rec, j.large, o.fileName(0))
}

// wasEnlarged makes a recipe that of a run that enlarges.
func (o *options) wasEnlarged(rec *recipe.Recipe, j *job) {
	if j.large == nil {
		return
	}
	rec.Mode, rec.Width, rec.Height, rec.Strength = recipe.Upscaled, j.large.Rect.Dx(), j.large.Rect.Dy(), o.refine
	rec.Upscale = o.upscaleRecipe()
	if rec.Read("init", j.init); rec.Pictures["init"] == o.used.Before() {
		rec.Origin = o.used.Origin
	} else {
		rec.Origin = nil
	}
}

// upscaleRecipe is what recipes say of --upscale and --refine; nil: nothing.
func (o *options) upscaleRecipe() *recipe.Upscale {
	file, factor, err := o.enlargement()
	if err != nil || file == "" {
		return nil
	}
	return &recipe.Upscale{Upscaler: recipe.Base(file), Factor: factor, Refine: o.refine}
}

// noteEnlarged completes the recipe of a run that enlarges with what it came to.
func (j *job) noteEnlarged(rec *recipe.Recipe, made *image.RGBA) {
	if rec.Upscale != nil {
		rec.Upscale = rec.Upscale.From(j.init, j.large, made)
	}
}
