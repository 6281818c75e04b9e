package sample

import (
	"cmp"
	"strings"

	"nirvana/engine/schedule"
)

// Canonical converts a sampler's and a schedule's name to those of the menus, from any alias: another program's name,
// a class of diffusers, AUTOMATIC1111's old "DPM++ 2M Karras". [Named] makes the same of both. A class that is in no
// menu keeps its name; unknown names stay as they are.
func Canonical(sampler, scheduleName string) (string, string) {
	if sampler != "" {
		name, suffix := splitSchedule(sampler)
		e, class, err := find(name, schedule.Config{})
		if err == nil {
			sampler = cmp.Or(e.Name, class)
			if suffix != "" && (scheduleName == "" || plainName(scheduleName) == "automatic") {
				scheduleName = suffix
			}
		}
	}
	return sampler, canonicalSchedule(scheduleName)
}

var scheduleAliases = map[string]string{"ddimuniform": "DDIM", "ays": "Align Your Steps", "aysxl": "Align Your Steps SDXL"}

func canonicalSchedule(name string) string {
	plain := plainName(strings.TrimSpace(name))
	for _, known := range Schedules() {
		if plainName(known) == plain {
			return known
		}
	}
	return cmp.Or(scheduleAliases[plain], name)
}
