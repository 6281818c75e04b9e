package app

import (
	"image"

	"nirvana/app/document"
	"nirvana/engine"
)

// snapshot is what is written down: plain values, and pictures that nobody writes to any more.
type snapshot struct {
	what     Change
	settings Settings
	document document.Snapshot
	tray     savedTray
	results  []*Candidate
	runs     []savedRun
	jobs     []job // of runs
	lastRun  int
	steps    []engine.Step // of the run under way, where they have to be written anew
	stepsOf  string
}

type savedTray struct {
	Selected   int
	Candidates []savedCandidate
}

type savedCandidate struct {
	Frame               image.Rectangle
	Recipe              Recipe
	Mode                Mode
	Partial             bool
	Seam                float64
	Stored              int64
	Run, Number         int
	Picture, Raw, Alpha string // blobs
	Job                 savedJob
}

// savedJob is a job with blobs in place of pictures.
type savedJob struct {
	Mode                       Mode
	Frame                      image.Rectangle
	Model                      ModelInfo
	Request                    engine.Request
	Recipe                     Recipe
	Base, Mask, Init, InitMask string
	Onto, Edge, Was, Depth     string
	Control                    []string
	Feather                    int
	Match, Replaces            bool
	Refiner                    ModelInfo
	RefineAt                   float32
	Nets                       []string
}

const documentChanges = ChangedPicture | ChangedMask | ChangedFrame | ChangedUndo

// snapshot takes what is to be written, on the owner. lacks says which undo steps are not written yet.
func (s *Studio) snapshot(what Change, lacks func(id int64, version int) bool) snapshot {
	if what&ChangedHistory != 0 {
		what |= ChangedTray | ChangedFrame
	}
	if what&ChangedPicture != 0 {
		what |= ChangedTray | ChangedRun // they move with the canvas
	}
	state := snapshot{what: what, settings: s.Settings, document: s.Document.Snapshot(lacks),
		tray: savedTray{Selected: s.Tray.Selected}, results: append([]*Candidate(nil), s.Tray.Candidates...)}
	state.document.Saved.Changed = s.Document.Unsaved || s.saving
	for _, c := range state.results { // plain values now
		state.tray.Candidates = append(state.tray.Candidates, savedCandidate{Frame: c.Frame, Recipe: c.Recipe, Mode: c.Mode, Partial: c.Partial, Seam: c.Seam, Stored: c.Stored, Run: c.Run, Number: c.Number})
	}
	if what != 0 {
		s.snapshotRuns(&state)
	}
	return state
}

// save fills in the pictures of candidates that were taken down as plain values.
func (t savedTray) save(results []*Candidate, b document.Keeps, err *error) savedTray {
	for i, c := range results {
		to := &t.Candidates[i]
		to.Picture, to.Raw, to.Alpha = b.Color(c.Picture, err), b.Color(c.raw, err), b.Grey(c.alpha, err)
		to.Job = c.job.save(b, err)
	}
	return t
}

func (j *job) save(b document.Keeps, err *error) savedJob {
	q := j.request
	out := savedJob{Mode: j.mode, Frame: j.frame, Model: j.model, Recipe: j.recipe, Feather: j.feather, Match: j.match, Replaces: j.replaces, Refiner: j.refiner, RefineAt: j.refineAt, Nets: j.nets,
		Base: b.Color(j.base, err), Mask: b.Grey(j.mask, err), Onto: b.Grey(j.onto, err), Edge: b.Grey(j.edge, err), Was: b.Color(j.was, err),
		Init: b.Color(q.Init, err), InitMask: b.Grey(q.Mask, err), Depth: b.Grey(q.Depth, err)}
	q.Control = append([]engine.Control(nil), q.Control...)
	for i, c := range q.Control {
		out.Control = append(out.Control, b.Color(c.Picture, err))
		q.Control[i].Picture = nil
	}
	q.Init, q.Mask, q.Depth, q.Latents, q.Resume, q.Watch = nil, nil, nil, nil, nil, nil
	out.Request = q
	return out
}

// nets are the ControlNets' names, one for each; a journal of before there could be several has none.
func (s savedJob) nets() []string {
	return append(s.Nets, make([]string, max(len(s.Request.Control)-len(s.Nets), 0))...)
}

func (s savedJob) restore(b document.Holds, err *error) job {
	q := s.Request
	q.Latents, q.Resume, q.Watch = nil, nil, nil
	q.Init, q.Mask, q.Depth = b.LoadColor(s.Init, err), b.LoadGrey(s.InitMask, err), b.LoadGrey(s.Depth, err)
	for i := range q.Control {
		if i < len(s.Control) {
			q.Control[i].Picture = b.LoadColor(s.Control[i], err)
		}
	}
	return job{mode: s.Mode, frame: s.Frame, model: s.Model, request: q, recipe: s.Recipe, base: b.LoadColor(s.Base, err), mask: b.LoadGrey(s.Mask, err),
		onto: b.LoadGrey(s.Onto, err), edge: b.LoadGrey(s.Edge, err), was: b.LoadColor(s.Was, err), feather: s.Feather, match: s.Match, replaces: s.Replaces, refiner: s.Refiner, refineAt: s.RefineAt, nets: s.nets()}
}
