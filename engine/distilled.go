package engine

import (
	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/schedule"
)

// DraftPart is a denoiser that was distilled to few steps, with a scheduler of its own; the
// other networks are the folder's.
type DraftPart struct {
	Part
	Scheduler func() ([]byte, error) // read on first use
	Few       Few
}

// Few is how a distilled denoiser is run.
type Few struct {
	Steps    int     // 0: there is none
	Guidance float32 // 1: guidance is in its weights
}

// Of is the request as the distilled denoiser runs it, in Steps steps: sampler, schedule and
// guidance are its own, and what acts on guidance is off.
func (f Few) Of(r Request) Request {
	r.Steps, r.Guidance, r.NoGuidance = f.Steps, f.Guidance, false
	r.Sampler, r.Schedule, r.Scheduler, r.Timesteps, r.Sigmas = "", "", nil, nil, nil
	r.Eta, r.EtaAncestral, r.Churn = 0, nil, Churn{}
	r.GuidanceRescale, r.GuidanceFrom, r.GuidanceUntil, r.GuidanceCurve = 0, 0, 0, nil
	r.CFGPlusPlus, r.PerpNeg, r.DeepCache = false, 0, 0
	if r.Strength > 0 { // one step at least
		r.Strength = max(r.Strength, 1/float32(f.Steps)+1e-6)
	}
	return r
}

// distilled is the model and the request that run a request.
func (m *Model) distilled(r Request) (*Model, Request, error) {
	if !r.FewSteps {
		return m, r, nil
	}
	if m.draft == nil {
		return m, r, fault.Settings.Errorf("%s was not distilled to few steps: switch the draft off", m.facts.Name)
	}
	m.fewLock.Lock()
	defer m.fewLock.Unlock()
	if m.few == nil {
		few, err := m.distilledTo(m.draft)
		if err != nil {
			return m, r, err
		}
		m.few = few
	}
	return m.few, m.draft.Few.Of(r), nil
}

// distilledTo is the model with another denoiser and scheduler. Texts and previews are shared.
func (m *Model) distilledTo(d *DraftPart) (*Model, error) {
	data, err := d.Scheduler()
	if err != nil {
		return nil, err
	}
	few := &Model{facts: m.facts, config: m.config, text: m.text, vae: m.vae, control: m.control, oneCall: m.oneCall}
	if few.scheduler, err = schedule.ParseConfig(data); err != nil {
		return nil, fault.Incomplete.Errorf("the draft's scheduler of %s: %w", m.facts.Name, err)
	}
	if few.net, err = family.Open(d.Part); err != nil {
		return nil, err
	}
	if few.family, err = family.Of(few.net, few.config, few.vae, len(m.control) > 0); err != nil {
		return nil, err
	}
	few.traits = few.family.Traits()
	few.facts.Sampler, few.facts.Timesteps = few.scheduler.Class, few.scheduler.TrainTimesteps
	few.facts.Steps, few.facts.Guidance = d.Few.Steps, d.Few.Guidance
	return few, nil
}
