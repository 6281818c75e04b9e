package app

import (
	"nirvana/app/job"
	"nirvana/app/task"
)

// applyModelOptions puts into a job what only some kinds of models take.
func (s *Studio) applyModelOptions(j *job.Job, t Settings) {
	f, q := s.Facts, &j.Request
	if m, ok := s.chosenRefiner(); ok {
		j.Refiner, j.RefineAt = m, t.RefinerAt
	}
	task.Suit(q, f, j.Refiner.Dir != "")
	if f.Depth && t.DepthFile != "" {
		j.Then(job.Input{Kind: job.Depth, File: t.DepthFile, Size: s.Document.Size()})
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
