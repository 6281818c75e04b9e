package generate

import (
	"fmt"
	"image"

	"nirvana/app/compose"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/recipe"
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

// upscaleAgain enlarges a recipe's picture again: the shown one, or the history's.
func (c *Composer) upscaleAgain(r recipe.Recipe) {
	u := *r.Upscale
	file := library.Named(c.in.Files.Parts.Upscalers, recipe.Base(u.Upscaler))
	if file == "" {
		c.in.Tell(&notice.Notice{Headline: fmt.Sprintf(c.say("%s is not here, which this picture was made with"), recipe.Base(u.Upscaler)),
			Advice: c.say("Put the file into the folder upscalers of the data folder, or into one that is listed under Settings > Model folders.")})
		return
	}
	from := ""
	if r.Origin != nil {
		from = r.Origin.Trajectory
	}
	img, _ := c.in.Sight.Shown()
	read := c.in.Before(from, u.Of)
	c.in.Beside(func() func() {
		if img == nil || recipe.Hash(img.Rect, img.Pix) != u.Of {
			img = read()
		}
		return func() { c.upscaleFrom(r, img, file) }
	})
}

// upscaleFrom enlarges a picture as a recipe says; nil: it is not there.
func (c *Composer) upscaleFrom(r recipe.Recipe, img *image.RGBA, file string) {
	if img == nil {
		c.advise("This picture began from another one", "Open the picture that it started from, then reproduce it.")
		return
	}
	scene := c.Scene()
	if r.Upscale.Refine > 0 {
		scene = c.sceneOf(scene, r)
	}
	before := r
	before.Upscale = nil
	run, err := scene.Upscaled(img, job.Enlarge{File: file, Factor: r.Upscale.Factor, Refine: r.Upscale.Refine}, &before, r.Mode != recipe.Upscaled)
	if err == nil {
		run.Job.Recipe.Origin, run.Job.Used, run.Job.Again = r.Origin, &r, true
	}
	c.enlarge(run, err)
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
