package sample

import (
	"cmp"
	"strings"

	"nirvana/engine/schedule"
)

// Canonical gives a sampler and a schedule the names of the menus, whatever they were called by: another program's
// name, an alias, a class of diffusers, AUTOMATIC1111's old "DPM++ 2M Karras". [Named] makes the same of both. A class
// that is in no menu has its own name; what is not known stays as it is.
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
