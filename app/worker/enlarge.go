package worker

import (
	"context"
	"errors"
	"image"
	"image/draw"
	"time"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/app/trajectory"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// OpenUpscaler opens an upscaler's file.
type OpenUpscaler func(file string, on library.Hardware) (u engine.Upscaler, closeIt func() error, err error)

// Enlarging: the progress of a picture that an upscaler enlarges.
type Enlarging struct {
	Run     int
	Share   float64     // 0 to 1
	Preview *image.RGBA // the picture as far as it is enlarged, small; nil: unchanged
}

// enlarged is the picture that an order's denoising begins from.
type enlarged struct {
	of, picture *image.RGBA // before and after the upscaler
	told        bool        // a result was made of it
}

// enlarge carries out an order whose picture is enlarged by an upscaler, and denoised if that is wanted. Where that ends
// before it has a result, the enlarged picture is one.
func (w *Worker) enlarge(ctx context.Context, o Order) (g Generator, later *rest, err error) {
	j, err := prepared(ctx, &o.Job)
	if err != nil {
		return nil, nil, err
	}
	began, l := time.Now(), &enlarged{of: j.Request.Init}
	if l.picture, err = w.upscaled(ctx, o.Run.ID, &j); err != nil {
		return nil, nil, err
	}
	u := *j.Recipe.Upscale
	u.Of = recipe.Hash(l.of.Rect, l.of.Pix)
	j.Recipe.Upscale = &u
	if j.Enlarge.Refine == 0 {
		w.finishEnlarged(o, j, l, time.Since(began))
		return nil, nil, nil
	}
	took := time.Since(began)
	if g, err = w.need(ctx, j.Model); err == nil {
		refined := o
		refined.enlarged, refined.Job, refined.Job.Later = l, j, nil
		refined.Job.Request = task.Refining(j.Request, g.Facts(), l.picture, j.Enlarge.Refine)
		later, err = w.picture(ctx, refined, g, 0)
	}
	if err != nil && later == nil && !l.told && w.base.Err() == nil {
		w.finishEnlarged(o, j, l, took)
	}
	return g, later, err
}

// finishEnlarged makes a result of an enlarged picture that is not denoised, stores it, and tells.
func (w *Worker) finishEnlarged(o Order, j job.Job, l *enlarged, took time.Duration) {
	e, u := *j.Enlarge, *j.Recipe.Upscale
	e.Refine, u.Refine, u.Made = 0, 0, recipe.Hash(l.picture.Rect, l.picture.Pix)
	j.Enlarge, j.Recipe.Upscale = &e, &u
	j.Recipe.Trajectory, j.Recipe.Seconds = trajectory.Key([]string{u.Of, u.Made}), took.Seconds()
	if j.Recipe.Mode == recipe.Upscaled {
		j.Recipe.Strength = 0
		j.Recipe.Read("init", l.of)
	}
	m := Made{Run: o.Run.ID, Result: j.Finish(l.picture, false)}
	if o.To != nil {
		m.Stored, m.Err = Store(o.To, m.Result.Picture, o.Canvas, j.Recipe)
	}
	l.told = true
	w.send(m)
}

// into completes a picture that was denoised, or that it has come to, and its job, which is that of the whole run again.
func (l *enlarged) into(j *job.Job, m *made) {
	if !m.partial {
		m.picture = task.Refined(m.picture, l.picture)
	}
	u := *j.Recipe.Upscale
	u.Made = recipe.Hash(m.picture.Rect, m.picture.Pix)
	j.Recipe.Upscale, j.Request.Init, l.told = &u, l.of, true
}

var errNoUpscaler = errors.New("this program was started without a way to open upscalers")

// upscaled is a job's picture, enlarged.
func (w *Worker) upscaled(ctx context.Context, run int, j *job.Job) (*image.RGBA, error) {
	img, by := j.Request.Init, *j.Enlarge
	switch {
	case w.Upscaler == nil:
		return nil, errNoUpscaler
	case img == nil:
		return nil, job.Misfit("there is no picture to enlarge")
	case by.File == "":
		return nil, fault.Missing.Errorf("the upscaler is not here that this picture was to be enlarged with: choose another under Picture > Upscale with a model")
	}
	w.send(Enlarging{Run: run})
	u, closeIt, err := w.Upscaler(by.File, j.Model.On)
	if err != nil {
		return nil, err
	}
	defer closeIt()
	s := newSight(img, j.Frame.Size())
	large, err := u.Upscale(ctx, img, float64(by.Factor), func(e engine.Enlarging) {
		if s.add(e) {
			w.send(Enlarging{run, e.Share, s.shown()})
		}
	})
	if err != nil {
		return nil, err
	}
	if size := j.Frame.Size(); large.Rect.Size() != size { // an upscaler whose own factor was not known
		large = pixel.Resize(large, size.X, size.Y)
	}
	return large, nil
}

// sight is an enlargement as it is shown while it is under way: the picture before, with the finished tiles over it.
type sight struct {
	small *image.RGBA
	last  time.Time
}

// sightSide bounds it, px; sightTime is how often it is shown.
const (
	sightSide = 1536
	sightTime = 200 * time.Millisecond
)

func newSight(img *image.RGBA, size image.Point) *sight {
	k := min(1, float64(sightSide)/float64(max(size.X, size.Y, 1)))
	w, h := max(int(float64(size.X)*k), 1), max(int(float64(size.Y)*k), 1)
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(small, small.Rect, pixel.Resize(img, w, h), image.Point{}, draw.Src)
	return &sight{small: small}
}

// add draws a finished tile, and reports whether it is time to show that.
func (s *sight) add(e engine.Enlarging) bool {
	all := e.Picture.Rect
	at := image.Rect(e.New.Min.X*s.small.Rect.Dx()/all.Dx(), e.New.Min.Y*s.small.Rect.Dy()/all.Dy(),
		e.New.Max.X*s.small.Rect.Dx()/all.Dx(), e.New.Max.Y*s.small.Rect.Dy()/all.Dy())
	if !at.Empty() {
		part := pixel.Resize(pixel.Crop(e.Picture, e.New), at.Dx(), at.Dy())
		draw.Draw(s.small, at, part, part.Rect.Min, draw.Src)
	}
	if e.Share < 1 && time.Since(s.last) < sightTime {
		return false
	}
	s.last = time.Now()
	return true
}

// shown is a copy that others may keep.
func (s *sight) shown() *image.RGBA { return pixel.Crop(s.small, s.small.Rect) }
