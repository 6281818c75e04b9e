package tray

import (
	"errors"
	"image"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine/fault"
)

// Saved is the tray's serialised form.
type Saved struct {
	Selected   int
	Candidates []SavedCandidate
}

// SavedCandidate is a candidate's serialised form.
type SavedCandidate struct {
	Frame               image.Rectangle
	Recipe              recipe.Recipe
	Mode                task.Mode
	Partial             bool
	Seam                float64
	Stored              int64
	Run, Number         int
	Picture, Raw, Alpha string // blobs
	Job                 job.Saved
}

// Snapshot is the tray at one moment: plain values and immutable pictures.
type Snapshot struct {
	Saved   Saved
	Results []*Candidate // their pictures; what else they have is in Saved
}

// Snapshot copies what is to be saved.
func (t *Tray) Snapshot() Snapshot {
	s := Snapshot{Saved{Selected: t.Selected}, append([]*Candidate(nil), t.Candidates...)}
	for _, c := range s.Results {
		s.Saved.Candidates = append(s.Saved.Candidates, SavedCandidate{Frame: c.Frame, Recipe: c.Recipe, Mode: c.Mode, Partial: c.Partial, Seam: c.Seam, Stored: c.Stored, Run: c.Run, Number: c.Number})
	}
	return s
}

// Pack stores the pictures and returns the rest.
func (s Snapshot) Pack(b document.Keeps, err *error) Saved {
	for i, c := range s.Results {
		to := &s.Saved.Candidates[i]
		to.Picture, to.Raw, to.Alpha = b.Color(c.Picture, err), b.Color(c.Raw, err), b.Grey(c.Alpha, err)
		to.Job = c.Job.Save(b, err)
	}
	return s.Saved
}

// Results are candidates that were read.
type Results struct {
	Candidates []*Candidate
	Selected   int
}

// Load reads saved candidates, on any goroutine. Damaged ones are left out and reported in the error.
func Load(saved Saved, b document.Holds) (Results, error) {
	out := Results{Selected: saved.Selected}
	var errs []error
	for _, c := range saved.Candidates {
		var restored *Candidate
		err := fault.Guarded(func() (err error) {
			restored, err = c.restore(b)
			return err
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out.Candidates = append(out.Candidates, restored)
	}
	return out, errors.Join(errs...)
}

// Take adds results that were read, of the document with the serial.
func (t *Tray) Take(r Results, document int) {
	for _, c := range r.Candidates {
		c.Document = document
	}
	t.Candidates = append(t.Candidates, r.Candidates...)
	t.Selected = min(max(r.Selected, -1), len(t.Candidates)-1)
}

func (c SavedCandidate) restore(b document.Holds) (*Candidate, error) {
	var err error
	out := &Candidate{Frame: c.Frame, Recipe: c.Recipe, Seed: c.Recipe.Seed, Mode: c.Mode, Partial: c.Partial, Seam: c.Seam, Stored: c.Stored, Run: c.Run, Number: c.Number,
		Replaces: c.Job.Replaces, Picture: b.LoadColor(c.Picture, &err), Raw: b.LoadColor(c.Raw, &err), Alpha: b.LoadGrey(c.Alpha, &err)}
	out.Job = c.Job.Restore(b, &err)
	size := c.Frame.Size()
	switch {
	case err != nil:
	case out.Picture == nil || out.Raw == nil:
		err = fault.Lost.Errorf("a candidate has no picture")
	case !task.Placed(c.Frame) || out.Raw.Rect.Size() != size || out.Alpha != nil && out.Alpha.Rect.Size() != size || !c.Mode.Known():
		err = fault.Lost.Errorf("a candidate's size does not match its position")
	case out.Job.Request.Width != 0: // results of before there were jobs have none
		err = out.Job.Check()
	}
	return out, err
}
