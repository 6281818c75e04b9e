package engine

import (
	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/schedule"
)

// DraftPart is a denoiser distilled to few steps, with the scheduler it was distilled for (scheduler_config.json);
// a draft shares the folder's other networks.
type DraftPart struct {
	Part
	Draft
	Scheduler func() ([]byte, error) // called once, by the first draft
}

// Draft is how a distilled denoiser is run: its number of steps and its guidance scale.
type Draft struct {
	Steps    int     // 0: the model has no draft
	Guidance float32 // 1: off, or distilled into the weights
}

// Of returns r as the distilled denoiser runs it: with the draft's steps, sampler, schedule and guidance, without
// variants of guidance, noise of its own and DeepCache, and with a Strength that leaves at least one step.
func (d Draft) Of(r Request) Request {
	r.Steps, r.Guidance, r.NoGuidance = d.Steps, d.Guidance, false
	r.Sampler, r.Schedule, r.Scheduler, r.Timesteps, r.Sigmas = "", "", nil, nil, nil
	r.Eta, r.EtaAncestral, r.Churn = 0, nil, Churn{}
	r.GuidanceRescale, r.GuidanceFrom, r.GuidanceUntil, r.GuidanceCurve = 0, 0, 0, nil
	r.CFGPlusPlus, r.PerpNeg, r.DeepCache, r.Prediction = false, 0, 0, ""
	if r.Strength > 0 {
		r.Strength = max(r.Strength, min(1/float32(d.Steps)+1e-6, 1))
	}
	return r
}

// distilled returns the model and the request that carry r out: the distilled denoiser where r asks for a draft.
func (m *Model) distilled(r Request) (*Model, Request, error) {
	if !r.Draft {
		return m, r, nil
	}
	if m.draft == nil {
		return m, r, fault.Settings.Errorf("%s was not distilled to few steps: switch the draft off", m.facts.Name)
	}
	m.draftLock.Lock()
	defer m.draftLock.Unlock()
	if m.drafter == nil {
		drafter, err := m.withDenoiser(m.draft)
		if err != nil {
			return m, r, err
		}
		m.drafter = drafter
	}
	return m.drafter, m.draft.Of(r), nil
}

// withDenoiser returns the model with the draft's denoiser and scheduler; text encoders and VAE are shared.
func (m *Model) withDenoiser(d *DraftPart) (*Model, error) {
	data, err := d.Scheduler()
	if err != nil {
		return nil, err
	}
	drafter := &Model{facts: m.facts, config: m.config, text: m.text, vae: m.vae, control: m.control, oneCall: m.oneCall}
	if drafter.scheduler, err = schedule.ParseConfig(data); err != nil {
		return nil, fault.Incomplete.Errorf("the draft's scheduler of %s: %w", m.facts.Name, err)
	}
	if drafter.net, err = family.Open(d.Part); err != nil {
		return nil, err
	}
	if drafter.family, err = family.Of(drafter.net, drafter.config, drafter.vae, len(m.control) > 0); err != nil {
		return nil, err
	}
	drafter.traits = drafter.family.Traits()
	drafter.facts.Sampler, drafter.facts.Timesteps = drafter.scheduler.Class, drafter.scheduler.TrainTimesteps
	drafter.facts.Steps, drafter.facts.Guidance = d.Steps, d.Guidance
	return drafter, nil
}
