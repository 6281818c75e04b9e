package app

import (
	"errors"

	"nirvana/app/worker"
	"nirvana/app/xray"
)

// LookInto switches the X-ray of the step that the timeline shows on or off.
func (s *Studio) LookInto(on bool) {
	if on == s.XRay.On {
		return
	}
	s.XRay.Switch(on)
	s.xrayWanted()
	s.changed(ChangedStep)
}

var errOtherModel = errors.New("another model made this picture: choose it in the panel to look into the picture")

// XRayReasons are those for which a picture is not looked into.
var XRayReasons = []string{errOtherModel.Error(), worker.ErrTwoModels.Error()}

// xrayWanted has the step that is shown looked into, when that is possible and was not done yet.
func (s *Studio) xrayWanted() {
	v := &s.XRay
	if !v.On {
		if !s.worker.Busy() && v.Ends() {
			s.worker.EndXRay()
		}
		return
	}
	if len(s.Queue) > 0 {
		v.Yield()
		return
	}
	r := s.Path()
	step, i, ok := r.Shown()
	if p := (xray.Place{Run: r, Step: step.Index}); ok && s.base.Err() == nil {
		if p.Picture = r.Index; v.Wants(p) {
			s.lookAt(r, i, p)
		}
	}
}

func (s *Studio) lookAt(r *Run, i int, p xray.Place) {
	v := &s.XRay
	look, err := r.Look(i)
	if model, ok := s.Chosen(); err == nil && (!ok || model.Dir != r.Job.Model.Dir) {
		err = errOtherModel
	}
	switch {
	case err != nil:
		v.Refuse(p, err)
	case r.Active() && r.Held:
		look.ID = v.Ask(p)
		r.Tell(worker.Word{Look: &look})
	case s.worker.Busy():
		if !v.Wait(p) {
			return
		}
	default:
		look.ID = v.Ask(p)
		v.Under(s.worker.XRay(look))
	}
	s.changed(ChangedStep)
}

func (s *Studio) xrayed(e worker.XRayed) {
	if s.XRay.Take(e) {
		s.changed(ChangedStep)
	}
}
