package sample

import (
	"fmt"

	"nirvana/engine/schedule"
)

// Info is one sampler of the menus.
type Info struct {
	Name, Class, Paper string
	// Evaluations is how many times a step asks the network.
	Evaluations int
	Stochastic  bool
}

// Names are the samplers, for menus.
func Names() []Info { return nil }

// Schedules are the schedules' names likewise.
func Schedules() []string { return schedule.Names() }

// Named is base with another sampler and schedule.
func Named(sampler, scheduleName string, base schedule.Config) (schedule.Config, error) {
	if sampler == "" {
		return base, nil
	}
	return base, fmt.Errorf("unknown sampler %q", sampler)
}
