package job

import (
	"image"

	"nirvana/app/document"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
)

// Saved is a job with blobs in place of pictures.
type Saved struct {
	Mode                       task.Mode
	Frame                      image.Rectangle
	Model                      library.Model
	Request                    engine.Request
	Recipe                     recipe.Recipe
	Base, Mask, Init, InitMask string
	Onto, Edge, Was, Depth     string
	Holes                      string `json:",omitempty"`
	Control, Regions           []string
	References                 []string `json:",omitempty"`
	Feather                    int
	Match, Replaces            bool
	Refiner                    library.Model
	RefineAt                   float32
	Nets                       []string
	BestOf                     int
	Later                      []SavedInput `json:",omitempty"` // what was not worked out yet
	Enlarge                    *Enlarge     `json:",omitempty"`
	Unopened                   bool         `json:",omitempty"`
}

// Save stores the pictures and gives the rest. It works nothing out: of a job that is not ready its inputs are stored.
func (j *Job) Save(b document.Keeps, err *error) Saved {
	var later []SavedInput
	if j.Later != nil {
		if m := j.Later.made.Load(); m != nil && m.err == nil {
			p, _ := j.Prepared()
			j = &p
		} else {
			for _, in := range j.Later.work {
				later = append(later, in.save(b, err))
			}
		}
	}
	q := j.Request
	out := Saved{Mode: j.Mode, Frame: j.Frame, Model: j.Model, Recipe: j.Recipe, Feather: j.Feather, Match: j.Match, Replaces: j.Replaces, Refiner: j.Refiner, RefineAt: j.RefineAt, Nets: j.Nets, BestOf: min(max(j.BestOf, 0), engine.MaxSearch), Enlarge: j.Enlarge, Unopened: j.Unopened,
		Base: b.Color(j.Base, err), Mask: b.Grey(j.Mask, err), Onto: b.Grey(j.Onto, err), Edge: b.Grey(j.Edge, err), Was: b.Color(j.Was, err), Holes: b.Grey(j.Holes, err),
		Init: b.Color(q.Init, err), InitMask: b.Grey(q.Mask, err), Depth: b.Grey(q.Depth, err)}
	q.Control = append([]engine.Control(nil), q.Control...)
	for i, c := range q.Control {
		out.Control = append(out.Control, b.Color(c.Picture, err))
		q.Control[i].Picture = nil
	}
	for _, img := range q.References {
		out.References = append(out.References, b.Color(img, err))
	}
	q.Regions = append([]engine.Region(nil), q.Regions...)
	for i, g := range q.Regions {
		out.Regions = append(out.Regions, b.Grey(g.Mask, err))
		q.Regions[i].Mask = nil
	}
	q.Init, q.Mask, q.Depth, q.References, q.Latents, q.Resume, q.Watch = nil, nil, nil, nil, nil, nil, nil
	out.Request, out.Later = q, later
	return out
}

// nets are the ControlNets' names, one for each; a journal of before there could be several has none.
func (s Saved) nets() []string {
	return append(s.Nets, make([]string, max(len(s.Request.Control)-len(s.Nets), 0))...)
}

// Restore is the job with its pictures. It may come from a foreign file: see Check.
func (s Saved) Restore(b document.Holds, err *error) Job {
	q := s.Request
	q.Latents, q.Resume, q.Watch = nil, nil, nil
	q.Init, q.Mask, q.Depth = b.LoadColor(s.Init, err), b.LoadGrey(s.InitMask, err), b.LoadGrey(s.Depth, err)
	q.References = nil
	for _, name := range s.References {
		if img := b.LoadColor(name, err); img != nil {
			q.References = append(q.References, img)
		}
	}
	for i := range q.Control {
		if i < len(s.Control) {
			q.Control[i].Picture = b.LoadColor(s.Control[i], err)
		}
	}
	for i := range q.Regions {
		if q.Regions[i].Mask = nil; i < len(s.Regions) {
			q.Regions[i].Mask = b.LoadGrey(s.Regions[i], err)
		}
	}
	j := Job{Mode: s.Mode, Frame: s.Frame, Model: s.Model, Request: q, Recipe: s.Recipe, Base: b.LoadColor(s.Base, err), Mask: b.LoadGrey(s.Mask, err),
		Onto: b.LoadGrey(s.Onto, err), Edge: b.LoadGrey(s.Edge, err), Was: b.LoadColor(s.Was, err), Holes: b.LoadGrey(s.Holes, err), Feather: s.Feather, Match: s.Match, Replaces: s.Replaces, Refiner: s.Refiner, RefineAt: s.RefineAt, Nets: s.nets(), BestOf: min(max(s.BestOf, 0), engine.MaxSearch), Enlarge: s.Enlarge, Unopened: s.Unopened}
	for _, in := range s.Later {
		j.Then(in.restore(b, err))
		j.Later.held = true
	}
	return j
}

// UseOwn lets a project's job run on models of this machine alone, found by their names: one that is not here has no folder.
func (j *Job) UseOwn(find func(string) (library.Model, bool)) {
	for _, m := range []*library.Model{&j.Model, &j.Refiner} {
		own, ok := library.Model{}, false
		if m.Name != "" {
			own, ok = find(m.Name)
		}
		if !ok {
			own = library.Model{Name: m.Name}
		}
		*m = own
	}
	if j.Enlarge != nil { // nor does it name an upscaler's file
		e := *j.Enlarge
		e.File, j.Enlarge = "", &e
	}
}
