package generate

import (
	"cmp"
	"fmt"
	"image"
	"slices"

	"nirvana/app/compose"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// UpscaleWith queues an enlargement of the shown picture by an upscaler, and reports whether that can be done.
func (c *Composer) UpscaleWith(by job.Enlarge) bool {
	img, _ := c.in.Sight.Shown()
	if img == nil {
		c.advise("There is nothing to enlarge yet", "Generate or open a picture first.")
		return false
	}
	if by.Refine > 0 {
		if _, ok := c.in.Model.Chosen(); !ok {
			c.in.Model.None()
			return false
		}
	}
	of, exact := c.shownExactly(img)
	run, err := c.Scene().Upscaled(img, by, of, exact)
	return c.enlarge(run, err)
}

func (c *Composer) enlarge(run *worker.Run, err error) bool {
	if err != nil {
		c.advise("The picture would become too large", "Sides of at most 8192 px can be made: crop it first.")
		return false
	}
	c.Enqueue(run)
	return true
}

// shownExactly is the recipe of the shown picture; exact: the picture is as the recipe makes it, without other pixels
// around it, strokes or another enlargement.
func (c *Composer) shownExactly(img *image.RGBA) (of *recipe.Recipe, exact bool) {
	of, result := c.in.Sight.ShownRecipe(), c.in.Sight.Tray.Current()
	if of == nil || result == nil || c.in.Sight.Tray.Comparing {
		return of, false
	}
	return of, !result.Partial && of.Upscale == nil && of.Mode != recipe.Upscaled && len(of.Frame) == 0 && result.Picture.Rect.Size() == img.Rect.Size()
}

// upscaleAgain enlarges a recipe's picture again: the shown one, the history's, or else the one that the recipe makes.
func (c *Composer) upscaleAgain(r recipe.Recipe) {
	if r.Interpolates() {
		c.fromBefore(r, job.Enlarge{})
		return
	}
	u, all := *r.Upscale, c.in.Files.Parts.Upscalers
	i := slices.IndexFunc(all, func(p library.Part) bool { return p.Called(recipe.Base(u.Upscaler)) })
	if i < 0 {
		c.in.Tell(&notice.Notice{Headline: fmt.Sprintf(c.say("%s is not here, which this picture was made with"), recipe.Base(u.Upscaler)),
			Advice: c.say("Put the file into the folder upscalers of the data folder, or into one that is listed under Settings > Model folders.")})
		return
	}
	c.fromBefore(r, job.Enlarge{File: all[i].Path, Factor: cmp.Or(u.Factor, float32(all[i].Scale)), Refine: u.Refine})
}

// fromBefore finds the picture that a recipe's was enlarged from, and enlarges it again.
func (c *Composer) fromBefore(r recipe.Recipe, by job.Enlarge) {
	img, _ := c.in.Sight.Shown()
	read := c.in.Before(r)
	c.in.Beside(func() func() {
		if img == nil || !compose.Before(r, img) {
			img = read()
		}
		return func() {
			switch {
			case img != nil && r.Interpolates():
				c.interpolateFrom(r, img)
			case img != nil:
				c.upscaleFrom(r, img, by)
			case r.Enlarges():
				c.advise("This picture began from another one", "Open the picture that it started from, then reproduce it.")
			default:
				c.makeBefore(r, by)
			}
		}
	})
}

// makeBefore makes the picture that a recipe's was enlarged from, and then enlarges it, if it is the same.
func (c *Composer) makeBefore(r recipe.Recipe, by job.Enlarge) {
	before := r
	before.Upscale = nil
	c.reproduce(before, func(made *tray.Candidate) {
		c.in.Beside(func() func() {
			other := r.Before() != "" && recipe.Hash(made.Picture.Rect, made.Picture.Pix) != r.Before()
			return func() {
				if other {
					return // what is told of the picture says why
				}
				r.Origin = recipe.From(&made.Recipe, recipe.Upscaled)
				c.upscaleFrom(r, made.Picture, by)
			}
		})
	})
}

// upscaleFrom enlarges a picture as a recipe says.
func (c *Composer) upscaleFrom(r recipe.Recipe, img *image.RGBA, by job.Enlarge) {
	scene := c.Scene()
	if by.Refine > 0 {
		scene = c.sceneOf(scene, r)
	}
	before := r
	before.Upscale = nil
	run, err := scene.Upscaled(img, by, &before, !r.Enlarges())
	switch {
	case err != nil:
	case by.Refine > 0:
		c.as(run, r)
	default:
		j := &run.Job
		j.Recipe.Origin, j.Used, j.Again = r.Origin, &r, true
	}
	c.enlarge(run, err)
}

// interpolateFrom enlarges a picture by interpolation and denoises it, as a recipe says.
func (c *Composer) interpolateFrom(r recipe.Recipe, img *image.RGBA) {
	if _, ok := c.in.Model.Chosen(); !ok {
		c.in.Model.None()
		return
	}
	run := c.sceneOf(c.Scene(), r).EnlargedTo(img, image.Pt(r.Width, r.Height), r.Strength)
	c.as(run, r)
	c.Enqueue(run)
}

// as makes a run that of a recipe: what is not in the settings, and what its picture is compared with.
func (c *Composer) as(run *worker.Run, r recipe.Recipe) {
	j := &run.Job
	j.Recipe.Origin, j.Used, j.Again = r.Origin, &r, true
	j.Request.Variation, j.Request.VariationSeed = r.Variation, r.VariationSeed
	j.Recipe.Variation, j.Recipe.VariationSeed = r.Variation, r.VariationSeed
}

// sceneOf is a scene with the settings and the model of a recipe.
func (c *Composer) sceneOf(s compose.Scene, r recipe.Recipe) compose.Scene {
	m := c.in.Model
	s.Settings.Use(r, m.Facts, m.Find)
	m.UsePartsAtOnce(&s.Settings, r)
	if info, ok := m.Find(s.Settings.Model); ok && info.Name != s.Model.Name {
		s.Model = info
	}
	s.Model.With, s.Used = s.Settings.With(), &r
	return s
}
