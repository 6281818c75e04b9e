package app

import (
	"image"
	"strings"

	"nirvana/app/journal"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// snapshot is what is written down: plain values, and pictures that nobody writes to any more.
type snapshot struct {
	what     Change
	settings Settings
	document savedDocument
	picture  *image.RGBA
	source   *image.RGBA
	mask     *tiled
	scribble *tiled
	tray     savedTray
	results  []*Candidate
	undo     savedUndo
	edits    []*edit       // those that the journal does not have as they are; nobody writes to them
	versions map[int64]int // of all
	runs     []savedRun
	jobs     []job // of runs
	lastRun  int
	steps    []engine.Step // of the run under way, where they have to be written anew
	stepsOf  string
}

type savedDocument struct {
	Frame   image.Rectangle
	Path    string
	Project string
	Picture string // blob
	Source  string // blob: the pixels of the file that was opened, see pixel.Source
	Deep    bool   // of 16 bits
	Origin  image.Point
	Recipe  *Recipe
	Made    []int64 // pictures of the history that were made in it
	Changed bool    // since the project was saved
	Serial  int
	Earlier string // the file of earlier work that it was taken up from
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
	d := s.Document
	if what&ChangedHistory != 0 {
		what |= ChangedTray | ChangedFrame
	}
	if what&ChangedPicture != 0 {
		what |= ChangedTray | ChangedRun // they move with the canvas
	}
	raw, deep := d.source.Raw()
	if raw != nil && raw.Rect.Dx()*raw.Rect.Dy() > pixel.MaxPixels {
		raw = nil // more than the journal takes
	}
	state := snapshot{what: what, settings: s.Settings, picture: d.Picture, source: raw,
		document: savedDocument{Frame: d.Frame, Path: d.Path, Project: d.Project, Deep: deep, Origin: d.origin, Recipe: d.recipe, Made: append([]int64(nil), d.made...), Changed: d.Unsaved || s.saving, Serial: d.serial, Earlier: d.earlier},
		tray:     savedTray{Selected: s.Tray.Selected}, results: append([]*Candidate(nil), s.Tray.Candidates...)}
	state.undo, state.edits, state.versions = d.snapshotUndo(lacks)
	at := s.ink
	if s.redrawn {
		at = image.Rect(-1<<30, -1<<30, 1<<30, 1<<30)
	}
	s.mask, s.lines = s.mask.next(d.Mask, at), s.lines.next(d.Scribble, at)
	s.redrawn, s.ink = false, image.Rectangle{}
	state.mask, state.scribble = s.mask, s.lines
	for _, c := range state.results { // plain values now
		state.tray.Candidates = append(state.tray.Candidates, savedCandidate{Frame: c.Frame, Recipe: c.Recipe, Mode: c.Mode, Partial: c.Partial, Seam: c.Seam, Stored: c.Stored, Run: c.Run, Number: c.Number})
	}
	if what != 0 {
		s.snapshotRuns(&state)
	}
	return state
}

// keeps stores pictures under names; holds gives them back.
type keeps interface {
	Color(*image.RGBA, *error) string
	Grey(*image.Gray, *error) string
}

type holds interface {
	LoadColor(string, *error) *image.RGBA
	LoadGrey(string, *error) *image.Gray
}

// blobNames are the words of JSON that look like blob names.
func blobNames(js []byte) []string {
	var out []string
	for _, word := range strings.Split(string(js), `"`) {
		if journal.IsName(word) {
			out = append(out, word)
		}
	}
	return out
}

// save fills in the pictures of candidates that were taken down as plain values.
func (t savedTray) save(results []*Candidate, b keeps, err *error) savedTray {
	for i, c := range results {
		to := &t.Candidates[i]
		to.Picture, to.Raw, to.Alpha = b.Color(c.Picture, err), b.Color(c.raw, err), b.Grey(c.alpha, err)
		to.Job = c.job.save(b, err)
	}
	return t
}

func (j *job) save(b keeps, err *error) savedJob {
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

func (s savedJob) restore(b holds, err *error) job {
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
