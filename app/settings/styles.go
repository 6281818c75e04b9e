package settings

import (
	"slices"
	"strings"

	"nirvana/app/style"
)

// ToggleStyle adds a style after the others, or removes it; with also applies its settings.
func (t *Settings) ToggleStyle(s style.Style, on, with bool) {
	t.Styles = slices.DeleteFunc(slices.Clone(t.Styles), func(o style.Style) bool { return o.Name == s.Name })
	if !on {
		return
	}
	v := s.Settings
	if t.Styles = append(t.Styles, s); !with {
		t.Styles[len(t.Styles)-1].Settings = style.Settings{}
		return
	}
	if v.Sampler != "" {
		t.Sampler, t.Schedule = v.Sampler, v.Schedule
	}
	if v.Steps > 0 {
		t.Steps = v.Steps
	}
	if v.Guidance > 0 && !t.CFGPlusPlus {
		t.Guidance = v.Guidance
	}
	if v.ClipSkip > 0 {
		t.ClipSkip = v.ClipSkip
	}
}

// AsStyle is a style that reproduces the current settings: the prompts, including the applied styles, and the
// settings.
func (t Settings) AsStyle(name string) style.Style {
	q := t.Request()
	return style.Style{Name: strings.TrimSpace(name), Prompt: q.Prompt, Negative: q.Negative,
		Settings: style.Settings{Sampler: t.Sampler, Schedule: t.Schedule, Steps: t.Steps, Guidance: t.Guidance, ClipSkip: t.ClipSkip}}
}
