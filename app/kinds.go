package app

import (
	"image"

	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// suit puts into a job what only some kinds of models take.
func (s *Studio) suit(j *job, t Settings) {
	f, q := s.Facts, &j.request
	if f.Instruct {
		q.ImageGuidance = t.ImageGuidance
	}
	if f.TrueGuided {
		q.TrueGuidance = t.TrueGuidance
	}
	if f.Refiner {
		q.AestheticScore = t.Aesthetic
	}
	if f.Sizes {
		if t.OriginalWidth > 0 && t.OriginalHeight > 0 {
			q.OriginalSize = [2]int{t.OriginalHeight, t.OriginalWidth}
		}
		q.CropTopLeft = [2]int{t.CropTop, t.CropLeft}
	}
	if m, ok := s.chosenRefiner(); ok {
		j.refiner, j.refineAt = m, t.RefinerAt
		q.AestheticScore = t.Aesthetic
	}
	if f.Depth && t.DepthFile != "" {
		img, err := pixel.Load(t.DepthFile)
		if err != nil {
			s.Fail("The depth map cannot be loaded", err, "", nil)
			return
		}
		q.Depth = pixel.Gray(s.Document.aligned(img, j.frame))
	}
}

// recipeOfKind writes down what suit put into a job.
func (s *Studio) recipeOfKind(r *Recipe, j *job) {
	q := j.request
	r.ImageGuidance, r.Aesthetic = q.ImageGuidance, q.AestheticScore
	if q.TrueGuidance > 1 {
		r.TrueGuidance = q.TrueGuidance
	}
	if q.OriginalSize != [2]int{} {
		r.OriginalSize = q.OriginalSize[:]
	}
	if q.CropTopLeft != [2]int{} {
		r.CropTopLeft = q.CropTopLeft[:]
	}
	if j.refiner.Dir != "" {
		r.Refiner, r.RefinerAt = j.refiner.Name, j.refineAt
	}
}

// useKind puts that into the settings again.
func (s *Studio) useKind(t *Settings, r Recipe) {
	t.ImageGuidance, t.TrueGuidance, t.Aesthetic = r.ImageGuidance, r.TrueGuidance, r.Aesthetic // zeros become the usual
	t.OriginalWidth, t.OriginalHeight, t.CropLeft, t.CropTop = 0, 0, 0, 0
	if len(r.OriginalSize) == 2 {
		t.OriginalHeight, t.OriginalWidth = r.OriginalSize[0], r.OriginalSize[1]
	}
	if len(r.CropTopLeft) == 2 {
		t.CropTop, t.CropLeft = r.CropTopLeft[0], r.CropTopLeft[1]
	}
	t.Refiner = ""
	if m, ok := s.find(r.Refiner); ok && r.Refiner != "" {
		t.Refiner, t.RefinerAt = m.Dir, r.RefinerAt
	}
	t.useControls(r.Controls)
}

// useControls takes over the ControlNets' weights. What they follow stays as it is: recipes carry no pictures.
func (t *Settings) useControls(made []recipe.Control) {
	if len(made) == 0 {
		return
	}
	made = made[:min(len(made), MaxControls)]
	all := t.Controls()
	all = append(all, make([]Control, max(len(made)-len(all), 0))...)[:len(made)]
	for i, c := range made {
		all[i].Net, all[i].Scale, all[i].From, all[i].Until = c.Net, c.Weight, c.From, c.Until
	}
	t.setControls(all)
}

// aligned is the part of a picture that lies under the frame, where it is as large as the document; any other is taken whole.
func (d *Document) aligned(img *image.RGBA, frame image.Rectangle) *image.RGBA {
	if d.Picture != nil && img.Rect.Size() == d.Picture.Rect.Size() {
		return pixel.Crop(img, frame)
	}
	return img
}

// SetDepth chooses the depth map of a model that takes one. A file that is no picture is told, and not taken.
func (s *Studio) SetDepth(path string) {
	if _, err := pixel.Load(path); err != nil {
		s.Fail("The depth map cannot be loaded", err, "", nil)
		return
	}
	s.Set(func(t *Settings) { t.DepthFile = path })
}
