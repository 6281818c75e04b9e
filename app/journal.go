package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// flushAfter is how long a change may wait before it is written down.
const flushAfter = 100 * time.Millisecond

// journal writes the state down a moment after it changed: settings, document
// and tray as rows of the history's database, in one transaction each time, and
// pictures as files named by their content (blob.go). So a power cut leaves
// either the state before or the one after. SQLite in WAL mode does the
// journalling proper; a format of our own would only be a worse one.
// A nil journal writes nothing.
type journal struct {
	studio  *Studio
	blobs   *blobs
	dirty   Change
	timer   bool // a flush is coming
	writing bool
	written chan struct{} // closed when the write under way is done
}

// note remembers what to write; on the owner.
func (j *journal) note(c Change) {
	const kept = ChangedSettings | ChangedPicture | ChangedMask | ChangedFrame | ChangedTray
	if j == nil || c&kept == 0 {
		return
	}
	j.dirty |= c & kept
	if !j.timer {
		j.timer = true
		time.AfterFunc(flushAfter, func() {
			j.studio.post(func() {
				j.timer = false
				j.flush()
			})
		})
	}
}

// flush hands the state to a writer, one at a time.
func (j *journal) flush() {
	if j.writing || j.dirty == 0 {
		return
	}
	state := j.studio.snapshot(j.dirty)
	j.dirty, j.writing, j.written = 0, true, make(chan struct{})
	go func() {
		defer close(j.written)
		err := j.write(state)
		j.studio.post(func() {
			j.writing = false
			if err != nil {
				j.studio.Fail("The last changes could not be saved", err, "Try again", func() { j.note(state.what) })
			}
			if j.dirty != 0 {
				j.flush()
			}
		})
	}()
}

// close writes what is left.
func (j *journal) close(s *Studio) error {
	if j == nil {
		return nil
	}
	if j.written != nil {
		<-j.written
	}
	if j.dirty == 0 {
		return nil
	}
	return j.write(s.snapshot(j.dirty))
}

// snapshot is what is written down: plain values, and pictures that nobody writes to any more.
type snapshot struct {
	what     Change
	settings Settings
	document savedDocument
	picture  *image.RGBA
	mask     *image.Gray
	tray     savedTray
	results  []*Candidate
}

type savedDocument struct {
	Frame         image.Rectangle
	Path          string
	Picture, Mask string // blobs
	Recipe        *Recipe
}

type savedTray struct {
	Selected   int
	Candidates []savedCandidate
}

type savedCandidate struct {
	Frame             image.Rectangle
	Recipe            Recipe
	Mode              Mode
	Partial, Replaces bool
	Seam              float64
	Stored            int64
	Picture, Raw      string // blobs, as are the following
	Alpha, Base, Mask string
	Init, InitMask    string
	Model             ModelInfo
	Feather           int
	Match, Soft       bool
}

func (s *Studio) snapshot(what Change) snapshot {
	d := s.Document
	state := snapshot{what: what, settings: s.Settings, picture: d.Picture,
		document: savedDocument{Frame: d.Frame, Path: d.Path, Recipe: d.recipe},
		tray:     savedTray{Selected: s.Tray.Selected}, results: append([]*Candidate(nil), s.Tray.Candidates...)}
	if d.Mask != nil && what&(ChangedPicture|ChangedMask|ChangedFrame) != 0 {
		state.mask = image.NewGray(d.Mask.Rect) // strokes go on in the other
		copy(state.mask.Pix, d.Mask.Pix)
	}
	for _, c := range state.results { // plain values now: places move with the canvas
		state.tray.Candidates = append(state.tray.Candidates, savedCandidate{Frame: c.Frame, Recipe: c.Recipe, Mode: c.Mode, Partial: c.Partial,
			Replaces: c.replaces, Seam: c.Seam, Stored: c.Stored, Model: c.job.model, Feather: c.job.feather, Match: c.job.match, Soft: c.job.request.Soft})
	}
	return state
}

// write puts the pictures first, then the rows that name them, then drops pictures that nothing names.
func (j *journal) write(s snapshot) error {
	var err error
	rows := map[string]any{}
	if s.what&ChangedSettings != 0 {
		rows["settings"] = s.settings
	}
	if s.what&(ChangedPicture|ChangedMask|ChangedFrame) != 0 {
		s.document.Picture = j.blobs.color(s.picture, &err)
		s.document.Mask = j.blobs.grey(s.mask, &err)
		rows["document"] = s.document
	}
	if s.what&ChangedTray != 0 {
		for i, c := range s.results {
			to := &s.tray.Candidates[i]
			to.Picture, to.Raw, to.Alpha = j.blobs.color(c.Picture, &err), j.blobs.color(c.raw, &err), j.blobs.grey(c.alpha, &err)
			to.Base, to.Mask = j.blobs.color(c.job.base, &err), j.blobs.grey(c.job.mask, &err)
			to.Init, to.InitMask = j.blobs.color(c.job.request.Init, &err), j.blobs.grey(c.job.request.Mask, &err)
		}
		rows["tray"] = s.tray
	}
	if err != nil {
		return fmt.Errorf("saving the pictures: %w", err)
	}
	if err := j.studio.History.putState(rows); err != nil {
		return err
	}
	j.blobs.sweep(rows)
	return nil
}

// openHome opens what the data folder holds, and restores the state from it.
func (s *Studio) openHome() (err error) {
	if s.History, err = openHistory(s.options.Home); err != nil || s.options.Home == "" {
		return err
	}
	b, err := openBlobs(filepath.Join(s.options.Home, "state"))
	if err != nil {
		return err
	}
	if err := s.restore(b); err != nil {
		s.Fail("Not everything of the last time could be brought back", err, "", nil)
	}
	s.journal = &journal{studio: s, blobs: b}
	return nil
}

// restore reads the rows. What is damaged is left out, the rest comes back.
func (s *Studio) restore(b *blobs) error {
	var errs []error
	read := func(name string, into any) bool {
		data, err := s.History.state(name)
		if err == nil && data != nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		return err == nil && data != nil
	}
	settings := s.Settings
	if read("settings", &settings) {
		settings.clamp(s.Facts)
		s.Settings, s.sized, s.lastSeed = settings, true, settings.Seed
	}
	var doc savedDocument
	if read("document", &doc) {
		if err := s.Document.restore(doc, b); err != nil {
			errs = append(errs, err)
		}
	}
	var tray savedTray
	if read("tray", &tray) {
		for _, c := range tray.Candidates {
			restored, err := c.restore(b)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			s.Tray.Candidates = append(s.Tray.Candidates, restored)
		}
		s.Tray.Selected = min(tray.Selected, len(s.Tray.Candidates)-1)
	}
	b.name(map[string]any{"document": doc, "tray": tray})
	return errors.Join(errs...)
}

func (d *Document) restore(saved savedDocument, b *blobs) error {
	if !saved.Frame.Empty() {
		d.Frame = saved.Frame
	}
	if saved.Picture == "" {
		return nil
	}
	var err error
	picture := b.loadColor(saved.Picture, &err)
	if err != nil {
		return err
	}
	mask := b.loadGrey(saved.Mask, &err)
	if mask == nil || mask.Rect != picture.Rect {
		mask = image.NewGray(picture.Rect)
	}
	d.Picture, d.Mask, d.Path, d.recipe = picture, mask, saved.Path, saved.Recipe
	return err
}

func (c savedCandidate) restore(b *blobs) (*Candidate, error) {
	var err error
	out := &Candidate{Frame: c.Frame, Recipe: c.Recipe, Seed: int64(c.Recipe.Seed), Mode: c.Mode, Partial: c.Partial, Seam: c.Seam, Stored: c.Stored,
		replaces: c.Replaces, Picture: b.loadColor(c.Picture, &err), raw: b.loadColor(c.Raw, &err), alpha: b.loadGrey(c.Alpha, &err)}
	q := request(c.Recipe)
	q.Soft = c.Soft
	q.Init, q.Mask = b.loadColor(c.Init, &err), b.loadGrey(c.InitMask, &err)
	out.job = job{mode: c.Mode, frame: image.Rectangle{Max: c.Frame.Size()}.Add(c.Frame.Min), model: c.Model, request: q, recipe: c.Recipe,
		base: b.loadColor(c.Base, &err), mask: b.loadGrey(c.Mask, &err), feather: c.Feather, match: c.Match, replaces: c.Replaces}
	if err == nil && out.Picture == nil {
		err = errors.New("a candidate has no picture")
	}
	return out, err
}

// request is a recipe in the engine's words, without its pictures.
func request(r recipe.Recipe) engine.Request {
	return engine.Request{Prompt: r.Prompt, Negative: r.Negative, NoNegative: r.Negative == "", Syntax: r.Syntax, ClipSkip: r.ClipSkip,
		Width: r.Width, Height: r.Height, Seed: r.Seed, RNG: r.RNG, Variation: r.Variation, VariationSeed: r.VariationSeed,
		Sampler: r.Sampler, Schedule: r.Schedule, Steps: r.Steps, Eta: r.Eta, Guidance: max(r.Guidance, 1e-30),
		GuidanceRescale: r.Rescale, Strength: r.Strength, Content: r.Content}
}
