package app

import (
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// suit puts into a job what only some kinds of models take.
func (s *Studio) suit(j *job, t Settings) {
	f, q := s.Facts, &j.request
	if m, ok := s.chosenRefiner(); ok {
		j.refiner, j.refineAt = m, t.RefinerAt
	}
	task.Suit(q, f, j.refiner.Dir != "")
	if f.Depth && t.DepthFile != "" {
		img, err := pixel.Load(t.DepthFile)
		if err != nil {
			s.Fail("The depth map cannot be loaded", err, "", nil)
			return
		}
		q.Depth = pixel.Gray(s.Document.Aligned(img, j.frame))
	}
}

// useKind puts that into the settings again.
func (s *Studio) useKind(t *Settings, r Recipe) {
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

// SetDepth chooses the depth map of a model that takes one. A file that is no picture is told, and not taken.
func (s *Studio) SetDepth(path string) {
	if _, err := pixel.Load(path); err != nil {
		s.Fail("The depth map cannot be loaded", err, "", nil)
		return
	}
	s.Set(func(t *Settings) { t.DepthFile = path })
}
