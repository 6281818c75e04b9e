package app

import (
	"nirvana/app/job"
	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// applyModelOptions puts into a job what only some kinds of models take.
func (s *Studio) applyModelOptions(j *job.Job, t Settings) {
	f, q := s.Facts, &j.Request
	if m, ok := s.chosenRefiner(); ok {
		j.Refiner, j.RefineAt = m, t.RefinerAt
	}
	task.Suit(q, f, j.Refiner.Dir != "")
	if f.Depth && t.DepthFile != "" {
		align := s.Document.Aligner(j.Frame)
		j.Then(func(j *job.Job) {
			img, err := pixel.Load(t.DepthFile)
			if err != nil {
				s.post(func() { s.Fail("The depth map cannot be loaded", err, "", nil) })
				return
			}
			j.Request.Depth = pixel.Gray(align(img))
		})
	}
}

// useKind puts that into the settings again.
func (s *Studio) useKind(t *Settings, r Recipe) {
	t.Refiner = ""
	if m, ok := s.find(r.Refiner); ok && r.Refiner != "" {
		t.Refiner, t.RefinerAt = m.Dir, r.RefinerAt
	}
	t.UseControls(r.Controls)
}

// SetDepth chooses the depth map of a model that takes one. A file that is no picture is told, and not taken.
func (s *Studio) SetDepth(path string) {
	s.trying(path, "The depth map cannot be loaded", func() { s.Set(func(t *Settings) { t.DepthFile = path }) })
}
