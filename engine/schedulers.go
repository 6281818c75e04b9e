package engine

import (
	"nirvana/engine/fault"
	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// schedule is the scheduler that a request asks for.
func (m *Model) schedule(r Request) (schedule.Config, error) {
	cfg := m.scheduler
	if r.Scheduler != nil {
		cfg = *r.Scheduler
	} else {
		cfg.ClipSample = cfg.ClipSample && !m.traits.Unbounded
	}
	if r.Sampler == "" && r.Schedule == "" {
		return cfg, nil
	}
	cfg, err := sample.Named(r.Sampler, r.Schedule, cfg)
	return cfg, fault.Settings.Mark(err)
}

// Samplers are the names that a Request may carry, for menus.
func Samplers() []sample.Info { return sample.Names() }

// KnownNames says whether there are such a sampler and schedule, by any of their names; the error lists near ones.
func KnownNames(sampler, schedule string) error { return sample.Known(sampler, schedule) }

// CanonicalNames are those that the menus have for a sampler and a schedule, whatever they are called by.
func CanonicalNames(sampler, schedule string) (string, string) {
	return sample.Canonical(sampler, schedule)
}

// Schedules are the schedule names likewise.
func Schedules() []string { return sample.Schedules() }
