package engine

import (
	"nirvana/engine/fault"
	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// schedule is the request's scheduler configuration.
func (m *Model) schedule(r Request) (schedule.Config, error) {
	cfg := m.scheduler
	if r.Scheduler != nil {
		cfg = *r.Scheduler
	} else {
		cfg.ClipSample = cfg.ClipSample && !m.traits.Unbounded
	}
	cfg, err := m.predicting(r.Prediction, cfg)
	if err != nil || r.Sampler == "" && r.Schedule == "" {
		return cfg, err
	}
	cfg, err = sample.Named(r.Sampler, r.Schedule, cfg)
	return cfg, fault.Settings.Mark(err)
}

// Samplers are the samplers' names for Request.Sampler, for menus.
func Samplers() []sample.Info { return sample.Names() }

// KnownNames checks a sampler's and a schedule's name, aliases included; the error lists similar ones.
func KnownNames(sampler, schedule string) error { return sample.Known(sampler, schedule) }

// CanonicalNames are the menus' names of a sampler and a schedule, from any alias.
func CanonicalNames(sampler, schedule string) (string, string) {
	return sample.Canonical(sampler, schedule)
}

// Schedules are the schedules' names for Request.Schedule, for menus.
func Schedules() []string { return sample.Schedules() }
